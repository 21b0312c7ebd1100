{% set key = ['week', 'series', 'team', 'vendor'] %}
{% set cell = ['week', 'series', 'published_team', 'published_vendor'] %}
{% set moneys = ['consumption_usd', 'billed_usd', 'effective_usd', 'credits'] %}

with lines as (
    select * from {{ ref('int_team_weekly') }}
),

memory as (
    select * from {{ ref('int_privacy_memory') }}
),

remembered_weeks as (
    select distinct week, series from memory
),

remembered_names as (
    select distinct {{ key | join(', ') }}, published_team, published_vendor from memory
),

-- A week keeps the cells in which it was first told: whatever comes later into none of them is told of no team.
current_lines as (
    select
        {% for column in key %}lines.{{ column }}, {% endfor %}
        lines.contributor,
        case
            when lines.contributor is null or weeks.week is null then lines.published_team
            else coalesce(names.published_team, '(suppressed)')
        end as published_team,
        case
            when lines.contributor is null or weeks.week is null then lines.published_vendor
            else coalesce(names.published_vendor, '(all vendors)')
        end as published_vendor
        {% for money in moneys %}, lines.{{ money }}{% endfor %},
        lines.data_status,
        lines.activity_status
    from lines
    left join remembered_weeks as weeks on lines.week = weeks.week and lines.series = weeks.series
    left join remembered_names as names
        on {% for column in key %}lines.{{ column }} = names.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
),

now_told as (
    select {{ cell | join(', ') }}, contributor {% for money in moneys %}, sum({{ money }}) as {{ money }}{% endfor %}
    from current_lines
    where contributor is not null and published_team <> '(suppressed)'
    group by {{ cell | join(', ') }}, contributor
),

once_told as (
    select {{ cell | join(', ') }}, contributor {% for money in moneys %}, sum({{ money }}) as {{ money }}{% endfor %}
    from memory
    where published_team <> '(suppressed)'
    group by {{ cell | join(', ') }}, contributor
),

-- Whose share of a cell is another than when it was told. Effective money moves for everybody until its month is settled, and is not looked at.
changes as (
    select
        {% for column in cell %}coalesce(now_told.{{ column }}, once_told.{{ column }}) as {{ column }}, {% endfor %}
        count(*) as persons_changed
    from once_told
    full outer join now_told
        on {% for column in cell + ['contributor'] %}now_told.{{ column }} = once_told.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where
        {% for money in ['consumption_usd', 'billed_usd', 'credits'] %}
        coalesce(now_told.{{ money }}, 0) <> coalesce(once_told.{{ money }}, 0){{ ' or ' if not loop.last }}
        {% endfor %}
    group by {% for column in cell %}coalesce(now_told.{{ column }}, once_told.{{ column }}){{ ', ' if not loop.last }}{% endfor %}
),

-- A cell that fewer than k persons would change stays as it was told; what they changed is told of no team.
held as (
    select {% for column in cell %}changes.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
    from changes
    inner join remembered_weeks as weeks on changes.week = weeks.week and changes.series = weeks.series
    where changes.persons_changed < {{ var('k') }}
),

-- A cell that nobody changed was told when it was told first.
unchanged as (
    select {% for column in cell %}memory.{{ column }}, {% endfor %}min(memory.told_as_of) as told_as_of
    from memory
    left join changes
        on {% for column in cell %}memory.{{ column }} = changes.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where changes.week is null
    group by {% for column in cell %}memory.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
),

marked as (
    select current_lines.*, held.week is not null as is_held, coalesce(unchanged.told_as_of, {{ as_of() }}) as told_as_of
    from current_lines
    left join held
        on {% for column in cell %}current_lines.{{ column }} = held.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
        and current_lines.contributor is not null
    left join unchanged
        on {% for column in cell %}current_lines.{{ column }} = unchanged.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
        and current_lines.contributor is not null
),

held_memory as (
    select memory.*
    from memory
    inner join held on {% for column in cell %}memory.{{ column }} = held.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
),

-- What is told minus what is: a row of nobody, so that the sum of the week stays exact.
differences as (
    select week, series {% for money in moneys %}, {{ sum_money(money) }} as {{ money }}{% endfor %}
    from (
        select week, series {% for money in moneys %}, {{ money }}{% endfor %} from marked where is_held
        union all
        select week, series {% for money in moneys %}, -{{ money }} as {{ money }}{% endfor %} from held_memory
    ) as both_sides
    group by week, series
),

final as (
    select
        {{ key | join(', ') }}, contributor, published_team, published_vendor, {{ moneys | join(', ') }}, told_as_of, data_status,
        activity_status
    from marked
    where not is_held
    union all
    select {{ key | join(', ') }}, contributor, published_team, published_vendor, {{ moneys | join(', ') }}, told_as_of,
        cast(null as varchar) as data_status, cast(null as varchar) as activity_status
    from held_memory
    union all
    select
        week, series, '(suppressed)' as team, '(all vendors)' as vendor, cast(null as varchar) as contributor,
        '(suppressed)' as published_team, '(all vendors)' as published_vendor, {{ moneys | join(', ') }}, {{ as_of() }} as told_as_of,
        cast(null as varchar) as data_status, cast(null as varchar) as activity_status
    from differences
)

select * from final
