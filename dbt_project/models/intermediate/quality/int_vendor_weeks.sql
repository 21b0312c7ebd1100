with stream_days as (
    select * from {{ ref('int_stream_days') }}
),

accounts as (
    select * from {{ source('platform', 'accounts') }}
),

calendar as (
    select * from {{ ref('int_calendar') }}
),

streams as (
    select * from {{ source('platform', 'streams') }}
),

-- The streams that carry money: a week is as good as the worst of their days, those without a row in the marts included.
money_days as (
    select stream_days.vendor, stream_days.stream, stream_days.day, stream_days.status, calendar.week, streams.settle_days
    from stream_days
    inner join accounts
        on stream_days.vendor = accounts.vendor
        and stream_days.account = accounts.account
        and stream_days.stream in (accounts.ledger, 'billing_report')
    inner join streams on stream_days.vendor = streams.vendor and stream_days.stream = streams.stream
    inner join calendar on stream_days.day = calendar.day
),

final as (
    select
        vendor,
        week,
        {{ worst_status('status') }} as data_status,
        -- A running week published daily would be a daily series of single persons: groups are shown once the week ended and settled.
        cast(week as date) + cast(7 + max(settle_days) as integer) <= {{ as_of() }} as is_settled
    from money_days
    group by vendor, week
)

select * from final
