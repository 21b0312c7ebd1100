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
        failed_because,
        case failed_because
            when 'not_fetched' then 'Retry: the next run asks again; spend doctor says what is refused'
            when 'duplicated' then {{ held_remedy() }}
            when 'unit_error' then {{ held_remedy() }}
        end as remedy,
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
