with stream_days as (
    select * from {{ ref('int_stream_days') }}
),

final as (
    select
        vendor,
        stream,
        account,
        day,
        status as data_status,
        arrived_late,
        lag_days,
        expected_records,
        loaded_records,
        quarantined_records,
        origin,
        generation,
        confirmed_on
    from stream_days
)

select * from final
