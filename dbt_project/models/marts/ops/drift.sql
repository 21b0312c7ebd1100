with drift as (
    select * from {{ source('platform', 'drift') }}
),

final as (
    select vendor, stream, account, field_path, first_day, last_day, cast(records as bigint) as records
    from drift
)

select * from final
