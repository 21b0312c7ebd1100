with stream_days as (
    select * from {{ ref('int_stream_days') }}
),

accounts as (
    select * from {{ source('platform', 'accounts') }}
),

ledger_streams as (
    select * from {{ ref('ledger_streams') }}
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
    inner join ledger_streams
        on accounts.vendor = ledger_streams.vendor
        and accounts.ledger = ledger_streams.ledger
        and stream_days.stream = ledger_streams.stream
    inner join streams on stream_days.vendor = streams.vendor and stream_days.stream = streams.stream
    inner join calendar on stream_days.day = calendar.day
),

money_weeks as (
    select
        vendor,
        week,
        {{ worst_status('status') }} as data_status,
        -- A running week published daily would be a daily series of single persons: groups are shown once the week ended and settled.
        cast(week as date) + cast(7 + max(settle_days) as integer) <= {{ as_of() }} as is_settled
    from money_days
    group by vendor, week
),

-- Interactions come from another report than the money: a week can be whole in one and not in the other.
activity_weeks as (
    select stream_days.vendor, calendar.week, {{ worst_status('stream_days.status') }} as activity_status
    from stream_days
    inner join calendar on stream_days.day = calendar.day
    inner join ledger_streams
        on stream_days.vendor = ledger_streams.vendor
        and stream_days.stream = ledger_streams.stream
        and ledger_streams.measure = 'activity'
    group by stream_days.vendor, calendar.week
),

final as (
    select money_weeks.vendor, money_weeks.week, money_weeks.data_status, activity_weeks.activity_status, money_weeks.is_settled
    from money_weeks
    left join activity_weeks on money_weeks.vendor = activity_weeks.vendor and money_weeks.week = activity_weeks.week
)

select * from final
