with features as (
    select * from {{ ref('stg_github_copilot__user_day_features') }}
),

person_days as (
    select * from {{ ref('int_person_days') }} where vendor = 'github_copilot'
),

calendar as (
    select * from {{ ref('int_calendar') }}
),

streams as (
    select * from {{ source('platform', 'streams') }} where vendor = 'github_copilot' and stream = 'user_days'
),

health as (
    select stream_days.vendor, calendar.week, {{ worst_status('stream_days.status') }} as data_status
    from {{ ref('int_stream_days') }} as stream_days
    inner join calendar on stream_days.day = calendar.day
    where stream_days.vendor = 'github_copilot' and stream_days.stream = 'user_days'
    group by stream_days.vendor, calendar.week
),

used as (
    select
        calendar.week,
        person_days.vendor,
        features.surface,
        features.feature,
        count(distinct person_days.person_id) as active_people,
        sum(features.interactions) as interactions,
        sum(features.acceptances) as accepted_outputs,
        sum(features.lines_added) as lines_added
    from features
    inner join person_days
        on features.account = person_days.account and features.day = person_days.day and features.login = person_days.principal
    inner join calendar on features.day = calendar.day
    group by calendar.week, person_days.vendor, features.surface, features.feature
),

-- Only weeks that ended and settled; what fewer than k people did is not told.
final as (
    select
        used.week,
        used.vendor,
        used.surface,
        used.feature,
        used.active_people < {{ var('k') }} as suppressed,
        cast(case when used.active_people >= {{ var('k') }} then used.active_people end as bigint) as active_people,
        cast(case when used.active_people >= {{ var('k') }} then used.interactions end as bigint) as interactions,
        cast(case when used.active_people >= {{ var('k') }} then used.accepted_outputs end as bigint) as accepted_outputs,
        cast(case when used.active_people >= {{ var('k') }} then used.lines_added end as bigint) as lines_added,
        health.data_status
    from used
    inner join streams on used.vendor = streams.vendor
    left join health on used.vendor = health.vendor and used.week = health.week
    where used.week + cast(7 + streams.settle_days as integer) <= {{ as_of() }}
)

select * from final
