{% set stages = ['early_warning', 'review', 'policy'] %}
{% set event = ['event', 'event_id', 'scope', 'scope_id', 'vendor'] %}
{% set judged_outcomes = ['effective_usd', 'ended', 'kept'] %}
{% set weeks = 4 %}
{# A window's weeks lie at most so far from the event; older events are told no more. #}
{% set reach_days = 56 %}
{% set told_days = 182 %}

with goals as (
    select * from {{ ref('stg_company__goals') }}
),

budget_status as (
    select * from {{ ref('budget_status') }}
),

outcome_weeks as (
    select *, nullif(contributor, '(nobody)') as person from {{ ref('int_outcome_weeks') }}
),

workflow_days as (
    select * from {{ ref('spend_per_workflow_daily') }}
),

delivery as (
    select * from {{ ref('delivery_weekly') }} where not is_withheld and service not like '(%'
),

calendar as (
    select * from {{ ref('int_calendar') }}
),

-- Stages as they are told: one that is of too few people has no day.
all_events as (
    select
        'goal' as event, company || '/' || goal_id as event_id, scope, scope_id, '(all)' as vendor, cast(valid_from as date) as event_on, measure
    from goals
    {% for stage in stages %}
    union all
    select
        'stage', strftime(month, '%Y-%m') || ' {{ stage }}', scope, scope_id, vendor, {{ stage }}_on, cast(null as varchar)
    from budget_status
    where {{ stage }}_on is not null
    {% endfor %}
),

events as (
    select *
    from all_events
    where event_on <= {{ as_of() }} and event_on > cast({{ as_of() }} - interval {{ told_days }} day as date)
),

weeks as (
    select distinct week from outcome_weeks
),

-- The week of the event itself is on neither side.
near as (
    select
        events.*,
        weeks.week,
        case when weeks.week >= events.event_on then 'after' else 'before' end as side,
        row_number() over (
            partition by {% for column in event %}events.{{ column }}, {% endfor %}weeks.week >= events.event_on
            order by case when weeks.week >= events.event_on then weeks.week end, weeks.week desc
        ) as place
    from events
    inner join weeks
        on (weeks.week >= events.event_on and weeks.week < events.event_on + {{ reach_days }})
        or (weeks.week + 7 <= events.event_on and weeks.week + {{ reach_days }} >= events.event_on)
),

sides as (
    select
        *,
        count(*) over (partition by {{ event | join(', ') }}) as weeks_found,
        min(week) over (partition by {{ event | join(', ') }}, side) as side_from,
        max(week) over (partition by {{ event | join(', ') }}, side) as side_to
    from near
    where place <= {{ weeks }}
),

whole as (
    select * from sides where weeks_found = {{ 2 * weeks }}
),

by_scope as (
    select
        scope_kind, scope, week,
        {{ sum_money('effective_usd') }} as effective_usd, {{ sum_money('list_usd') }} as list_usd,
        sum(ended) as ended, sum(kept) as kept
    from outcome_weeks
    group by scope_kind, scope, week
),

-- What each scope used and delivered in a week: a vendor is held against what the whole company delivers.
series as (
    select scope_kind as scope, scope as scope_id, '(all)' as vendor, week, effective_usd, list_usd, ended, kept
    from by_scope
    where scope_kind in ('organisation', 'team', 'cost_center')
    {% for scope, name, vendor in [('vendor', 'used.scope', "'(all)'"), ('organisation', "'(all)'", 'used.scope')] %}
    union all
    select '{{ scope }}', {{ name }}, {{ vendor }}, used.week, used.effective_usd, used.list_usd, company.ended, company.kept
    from by_scope as used
    inner join by_scope as company on used.week = company.week and company.scope_kind = 'organisation'
    where used.scope_kind = 'vendor'
    {% endfor %}
    union all
    select
        'workflow', workflow_days.workflow_id, '(all)', calendar.week,
        {{ sum_money('workflow_days.effective_usd') }}, {{ sum_money('workflow_days.effective_usd') }},
        sum(workflow_days.tasks_completed + workflow_days.tasks_reverted + workflow_days.tasks_ended_without_completion),
        sum(workflow_days.tasks_completed)
    from workflow_days
    inner join calendar on workflow_days.day = calendar.day
    group by workflow_days.workflow_id, calendar.week
    union all
    select
        'service', service, '(all)', week, effective_usd, effective_usd,
        changes_merged + changes_rejected, changes_merged - ai_changes_reverted - rest_changes_reverted
    from delivery
),

weekly as (
    select
        {% for column in event %}whole.{{ column }}, {% endfor %}
        whole.side,
        whole.week,
        coalesce(series.effective_usd, 0) as effective_usd,
        coalesce(series.list_usd, 0) as list_usd,
        coalesce(series.ended, 0) as ended,
        coalesce(series.kept, 0) as kept
    from whole
    left join series
        on whole.scope = series.scope and whole.scope_id = series.scope_id and whole.vendor = series.vendor and whole.week = series.week
),

compared as (
    {{ compared('weekly', event) }}
),

-- Teams and cost centres are judged over each window; of the company and of vendors every week must pass, and then so does their sum.
of_windows as (
    select {% for column in event %}whole.{{ column }}, {% endfor %}whole.side, outcome_weeks.person as contributor,
        outcome_weeks.effective_usd, outcome_weeks.ended, outcome_weeks.kept
    from whole
    inner join outcome_weeks
        on whole.scope = outcome_weeks.scope_kind and whole.scope_id = outcome_weeks.scope and whole.week = outcome_weeks.week
    where whole.scope in ('team', 'cost_center') and outcome_weeks.person is not null
),

judged_windows as (
    {{ judged('of_windows', event + ['side'], judged_outcomes, judged_outcomes) }}
),

of_weeks as (
    select scope_kind, scope, week, person as contributor, effective_usd, ended, kept
    from outcome_weeks
    where scope_kind in ('organisation', 'vendor') and person is not null
),

judged_weeks as (
    {{ judged('of_weeks', ['scope_kind', 'scope', 'week'], judged_outcomes, judged_outcomes) }}
),

withheld as (
    select distinct {{ event | join(', ') }} from judged_windows where not passes
    union
    select distinct {% for column in event %}whole.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
    from whole
    inner join judged_weeks
        on whole.week = judged_weeks.week
        and (
            (judged_weeks.scope_kind = 'organisation' and whole.scope in ('organisation', 'vendor'))
            or (judged_weeks.scope_kind = 'vendor' and whole.scope = 'vendor' and judged_weeks.scope = whole.scope_id)
            or (judged_weeks.scope_kind = 'vendor' and whole.scope = 'organisation' and judged_weeks.scope = whole.vendor)
        )
    where not judged_weeks.passes
),

bounds as (
    select
        {{ event | join(', ') }},
        max(case when side = 'before' then side_from end) as before_from,
        cast({{ dbt.dateadd('day', 7, "max(case when side = 'before' then side_to end)") }} as date) as before_to,
        max(case when side = 'after' then side_from end) as after_from,
        cast({{ dbt.dateadd('day', 7, "max(case when side = 'after' then side_to end)") }} as date) as after_to
    from whole
    group by {{ event | join(', ') }}
),

known as (
    select
        {% for column in event %}events.{{ column }}, {% endfor %}
        events.event_on,
        events.measure,
        bounds.before_from,
        bounds.before_to,
        bounds.after_from,
        bounds.after_to,
        withheld.event is not null as is_withheld,
        {% for figure in compared_figures() %}
        compared.{{ figure }}{{ ',' if not loop.last }}
        {% endfor %}
    from events
    {% for side in ['bounds', 'withheld', 'compared'] %}
    left join {{ side }} on {% for column in event %}events.{{ column }} = {{ side }}.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    {% endfor %}
),

directed as (
    select
        *,
        {{ use_moved() }} as use_moved,
        {{ moved('delivered') }} as delivered_moved,
        {{ moved('delivered_per_usd') }} as per_usd_moved
    from known
),

reasoned as (
    select
        *,
        case
            when weeks is null then 'too_few_weeks'
            when scope = 'key' or (vendor <> '(all)' and scope <> 'organisation') then 'outcomes_not_known'
            when is_withheld then 'too_few_people'
            when before_delivered = 0 and after_delivered = 0 then 'outcomes_not_known'
            when before_delivered < {{ enough_changes() }} or after_delivered < {{ enough_changes() }} then 'too_few_changes'
            when use_ratio is null then 'no_use_to_compare'
            when use_moved = 'no_difference_shown' then 'use_did_not_move'
            when use_moved = delivered_moved then 'both_moved'
            when use_moved = 'up' and per_usd_moved = 'down' then 'use_up_outcomes_not'
            when use_moved = 'down' and per_usd_moved = 'up' then 'use_down_outcomes_not'
            else 'outcomes_not_shown'
        end as reason
    from directed
),

final as (
    select
        {{ event | join(', ') }},
        event_on,
        measure,
        before_from,
        before_to,
        after_from,
        after_to,
        {% for figure in ['use', 'delivered', 'delivered_per_usd'] %}
        {% for end in ['', '_low', '_high'] %}
        case when not is_withheld then {{ figure }}_ratio{{ end }} end as {{ figure }}_ratio{{ end }},
        {% endfor %}
        {% endfor %}
        case
            when reason = 'use_up_outcomes_not' then 'use_up_alone'
            when reason = 'use_down_outcomes_not' then 'use_down_alone'
            when reason = 'both_moved' then 'moved_together'
            when reason = 'use_did_not_move' then 'no_move_shown'
            else 'unclear'
        end as verdict,
        reason
    from reasoned
)

select * from final
