-- What each workflow ran and cost on a day, as detection reads it.
{% set history = var('history', {}) %}
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
    where runs > 0 and amount > 0
    group by day_number, workflow
)

select * from final
