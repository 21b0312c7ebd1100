-- What each workflow ran and cost on a day, as detection reads it.
{% set history = var('history', {}) %}
{% if history %}
with rows_read as (
    select
        cast("day" as integer) as day_number,
        cast(workflow_id as varchar) as workflow,
        cast(team_id as varchar) as team,
        cast(model as varchar) as model,
        cast(runs as bigint) as runs,
        cast(tasks_ok as bigint) as delivered,
        cast(cost_usd as double) as amount
    from {{ parquet(history.workflows) }}
),

{% else %}
with costs as (
    select *, {{ workflow_label('workflow_id', 'null') }} as workflow
    from {{ ref('int_work_costs') }}
    where principal_kind = 'machine'
),

sessions as (
    select day, workflow, count(distinct session_key) as runs
    from costs
    where workflow not like '(%'
    group by day, workflow
),

by_model as (
    select day, workflow, coalesce(model, '(none)') as model, cast(sum(effective_usd) as double) as amount
    from costs
    where workflow not like '(%'
    group by day, workflow, coalesce(model, '(none)')
),

-- What came of a run is known days later: no morning can judge it here.
rows_read as (
    select
        cast(by_model.day - date '1970-01-01' as integer) as day_number,
        by_model.workflow,
        cast(null as varchar) as team,
        by_model.model,
        case
            when row_number() over (partition by by_model.day, by_model.workflow order by by_model.amount desc, by_model.model) = 1
                then sessions.runs
            else 0
        end as runs,
        cast(null as bigint) as delivered,
        by_model.amount
    from by_model
    inner join sessions on by_model.day = sessions.day and by_model.workflow = sessions.workflow
),

{% endif %}
final as (
    select
        day_number,
        workflow,
        max(team) as team,
        arg_max(model, amount) as model,
        cast(sum(runs) as bigint) as runs,
        cast(sum(delivered) as bigint) as delivered,
        sum(amount) as amount
    from rows_read
    group by day_number, workflow
    having sum(runs) > 0 and sum(amount) > 0
)

select * from final
