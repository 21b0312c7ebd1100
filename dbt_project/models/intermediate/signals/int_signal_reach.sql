-- The days on which a vendor's use should be known.
{% if var('history', {}) %}
with usage as (
    select * from {{ ref('int_signal_usage') }}
),

final as (
    select
        vendor,
        min(day_number) as first_day,
        (select max(day_number) from usage) as last_day
    from usage
    group by vendor
)
{% else %}
with stream_days as (
    select stream_days.*
    from {{ ref('int_stream_days') }} as stream_days
    inner join {{ ref('ledger_streams') }} as streams
        on stream_days.vendor = streams.vendor and stream_days.stream = streams.stream and streams.measure = 'money'
    where stream_days.status <> 'not_available'
),

final as (
    select
        vendor,
        cast(min(day) - date '1970-01-01' as integer) as first_day,
        cast(max(day) - date '1970-01-01' as integer) as last_day
    from stream_days
    group by vendor
)
{% endif %}

select * from final
