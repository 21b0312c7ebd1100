{% set days = 28 %}

with costs as (
    select *, {{ workflow_label('workflow_id', "'(no workflow)'") }} as workflow
    from {{ ref('int_task_costs') }}
    where principal_kind = 'machine' and workflow_id is not null
),

tasks as (
    select * from {{ ref('int_work_tasks') }} where outcome in ('completed', 'reverted', 'abandoned', 'no_artefact')
),

-- The model that did most of the work of a week.
weekly as (
    select
        workflow,
        cast({{ dbt.date_trunc('week', 'day') }} as date) as week,
        model,
        sum(calls) as calls,
        sum(sum(calls)) over (partition by workflow, cast({{ dbt.date_trunc('week', 'day') }} as date)) as all_calls
    from costs
    where model is not null
    group by workflow, cast({{ dbt.date_trunc('week', 'day') }} as date), model
),

led as (
    select workflow, week, model, lag(model) over (partition by workflow order by week) as earlier_model
    from weekly
    where calls * 2 > all_calls
),

swaps as (
    select workflow, week as swapped_on, earlier_model, model
    from led
    where earlier_model is not null and earlier_model <> model
),

ended as (
    select
        costs.workflow,
        tasks.task_key,
        tasks.task_class,
        tasks.outcome,
        tasks.human_rewrites,
        tasks.incidents,
        min(costs.day) as first_day,
        max(costs.day) as last_day,
        {{ sum_money('costs.effective_usd') }} as usd
    from tasks
    inner join costs on tasks.task_key = costs.task_key
    group by costs.workflow, tasks.task_key, tasks.task_class, tasks.outcome, tasks.human_rewrites, tasks.incidents
),

-- Matched: tasks of one workflow and class, each wholly on one side of the swap and within four weeks of it.
sides as (
    select
        swaps.workflow, swaps.swapped_on, swaps.earlier_model, swaps.model, ended.task_class,
        case when ended.last_day < swaps.swapped_on then 'before' else 'after' end as side,
        ended.usd, ended.outcome, ended.human_rewrites, ended.incidents
    from swaps
    inner join ended
        on swaps.workflow = ended.workflow
        and (
            (ended.last_day < swaps.swapped_on and ended.first_day >= swaps.swapped_on - interval {{ days }} day)
            or (ended.first_day >= swaps.swapped_on and ended.last_day < swaps.swapped_on + interval {{ days }} day)
        )
),

measured as (
    select
        workflow, swapped_on, earlier_model, model, task_class
        {% for side in ['before', 'after'] %}
        , {{ sum_count("case when side = '" ~ side ~ "' then 1 else 0 end") }} as {{ side }}_tasks
        , {{ sum_count("case when side = '" ~ side ~ "' and outcome = 'completed' then 1 else 0 end") }} as {{ side }}_completed
        , {{ sum_count("case when side = '" ~ side ~ "' and outcome = 'reverted' then 1 else 0 end") }} as {{ side }}_reverted
        , {{ sum_count("case when side = '" ~ side ~ "' then human_rewrites else 0 end") }} as {{ side }}_human_rewrites
        , {{ sum_count("case when side = '" ~ side ~ "' then incidents else 0 end") }} as {{ side }}_incidents
        , cast({{ sum_money("case when side = '" ~ side ~ "' then usd end") }} as double) as {{ side }}_usd
        , avg(case when side = '{{ side }}' then ln(greatest(cast(usd as double), 0.000001)) end) as {{ side }}_log
        , var_samp(case when side = '{{ side }}' then ln(greatest(cast(usd as double), 0.000001)) end) as {{ side }}_spread
        {% endfor %}
    from sides
    group by workflow, swapped_on, earlier_model, model, task_class
),

-- The ratio of what a typical task costs, with its 95 % interval; costs of tasks are skewed, so their logarithms are compared. The factor is
-- Student's for so few tasks, within 1 % from eight on either side on.
compared as (
    select
        *,
        after_log - before_log as log_ratio,
        (1.96 + 2.4 / nullif(before_tasks + after_tasks - 2, 0)) * sqrt(before_spread / before_tasks + after_spread / after_tasks) as half_width
    from measured
    where before_tasks > 0 and after_tasks > 0
),

final as (
    select
        workflow as workflow_id,
        swapped_on,
        task_class,
        earlier_model,
        model,
        before_tasks,
        after_tasks,
        before_completed,
        after_completed,
        before_reverted,
        after_reverted,
        before_human_rewrites,
        after_human_rewrites,
        before_incidents,
        after_incidents,
        case when before_completed > 0 then cast(before_usd / before_completed as decimal(28, 6)) end as before_cost_per_completed_task_usd,
        case when after_completed > 0 then cast(after_usd / after_completed as decimal(28, 6)) end as after_cost_per_completed_task_usd,
        cast(exp(log_ratio) as decimal(18, 3)) as cost_ratio,
        cast(exp(log_ratio - half_width) as decimal(18, 3)) as cost_ratio_low,
        cast(exp(log_ratio + half_width) as decimal(18, 3)) as cost_ratio_high,
        case
            when before_tasks < 8 or after_tasks < 8 then 'too_few_tasks'
            when log_ratio - half_width > 0 then 'dearer'
            when log_ratio + half_width < 0 then 'cheaper'
            else 'no_difference_shown'
        end as verdict
    from compared
)

select * from final
