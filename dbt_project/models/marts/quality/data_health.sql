with stream_days as (
    select * from {{ ref('int_stream_days') }}
),

-- A handful of records is a handful of persons.
final as (
    select
        vendor,
        stream,
        account,
        day,
        status as data_status,
        arrived_late,
        lag_days,
        {{ few_is_null('expected_records') }} as expected_records,
        {{ few_is_null('loaded_records') }} as loaded_records,
        {{ few_is_null('quarantined_records') }} as quarantined_records,
        origin,
        generation,
        confirmed_on
    from stream_days
)

select * from final
