{% set counts = ['interactions', 'accepted_outputs', 'lines_added'] %}

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

-- Only weeks that ended and settled.
used as (
    select
        calendar.week,
        person_days.vendor,
        features.surface,
        features.feature,
        person_days.person_id as contributor,
        1 as used,
        features.interactions,
        features.acceptances as accepted_outputs,
        features.lines_added
    from features
    inner join person_days
        on features.account = person_days.account and features.day = person_days.day and features.login = person_days.principal
    inner join calendar on features.day = calendar.day
    inner join streams on person_days.vendor = streams.vendor
    where calendar.week + cast(7 + streams.settle_days as integer) <= {{ as_of() }}
),

{% set cell = ['week', 'vendor', 'surface', 'feature'] %}
used_judged as (
    {{ judged('used', cell, figures=['used'], dominated=[]) }}
),

{% for count in counts %}
{{ count }}_judged as (
    {{ judged('used', cell, figures=[count], dominated=[count]) }}
),
{% endfor %}

cells as (
    select
        {% for column in cell %}used.{{ column }}, {% endfor %}
        not min(case when used_judged.passes then 1 else 0 end) = 1 as suppressed,
        count(distinct used.contributor) as active_people
        {% for count in counts %}, sum(used.{{ count }}) as {{ count }}{% endfor %}
    from used
    inner join used_judged
        on {% for column in cell %}used.{{ column }} = used_judged.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    group by {% for column in cell %}used.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
),

-- What fewer than k people did is not told, nor a count that is one or two persons'. No total of features is published that it could be
-- subtracted from: prompts per developer come in whole numbers.
final as (
    select
        cells.week,
        cells.vendor,
        cells.surface,
        cells.feature,
        cells.suppressed,
        cast(case when not cells.suppressed then cells.active_people end as bigint) as active_people,
        {% for count in counts %}
        cast(
            case when not cells.suppressed and coalesce({{ count }}_judged.passes, cells.{{ count }} = 0) then cells.{{ count }} end as bigint
        ) as {{ count }},
        {% endfor %}
        health.data_status
    from cells
    {% for count in counts %}
    left join {{ count }}_judged
        on {% for column in cell %}cells.{{ column }} = {{ count }}_judged.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    {% endfor %}
    left join health on cells.vendor = health.vendor and cells.week = health.week
)

select * from final
