with quarantine as (
    select * from {{ source('platform', 'quarantine') }}
),

final as (
    select
        vendor, stream, account, window_start, generation, cast(record as bigint) as record, field, reason, shape, release
    from quarantine
)

select * from final
