with contributions as (
    select * from {{ ref('int_privacy_contributions') }}
),

calendar as (
    select * from {{ ref('int_calendar') }}
),

-- A week with days of two months is split by finance: its parts follow by subtraction from weeks and months that are both exact.
parts as (
    select
        week,
        month,
        min(day) as first_day,
        count(*) as days,
        min(month) over (partition by week) <> max(month) over (partition by week) as is_split
    from calendar
    group by week, month
),

part_people as (
    select parts.week, parts.month, parts.first_day, contributions.*
    from contributions
    inner join calendar on contributions.day = calendar.day
    inner join parts on calendar.week = parts.week and calendar.month = parts.month
    where parts.is_split and parts.days <= 3
),

judged_parts as (
    {{ judged('part_people', ['week', 'month', 'first_day', 'vendor', 'series']) }}
),

-- So a small part with too few people is told with the neighbouring week of its month: a Sunday the 1st with the week after it.
moved as (
    select distinct
        week,
        month,
        cast(case when first_day = month then {{ dbt.dateadd('day', 7, 'week') }} else {{ dbt.dateadd('day', -7, 'week') }} end as date)
            as told_week
    from judged_parts
    where not passes
),

told as (
    select calendar.day, calendar.week as iso_week, calendar.month, coalesce(moved.told_week, calendar.week) as week
    from calendar
    left join moved on calendar.week = moved.week and calendar.month = moved.month
),

-- A segment is what weeks and months together tell exactly: nothing smaller may follow from what is published.
final as (
    select
        day,
        iso_week,
        month,
        week,
        min(day) over (partition by week, month) as segment,
        cast({{ dbt.dateadd('day', 1, 'max(day) over (partition by week, month)') }} as date) <= {{ as_of() }} as segment_has_ended
    from told
)

select * from final
