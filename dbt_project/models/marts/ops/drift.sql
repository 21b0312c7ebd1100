with drift as (
    select * from {{ source('platform', 'drift') }}
),

final as (
    select vendor, stream, account, field_path, first_day, last_day, {{ few_is_null('records') }} as records
    from drift
)

select * from final
