with costs as (
    select * from {{ ref('int_work_costs') }} where session_key is not null
),

links as (
    select distinct account, session_key, turn_key, task_key from {{ ref('int_task_links') }} where is_counted
),

linked as (
    select
        costs.cost_key,
        links.task_key,
        count(*) over (partition by costs.cost_key) as tasks,
        cast(1 as {{ money_type() }}) as weight
    from costs
    inner join links
        on costs.telemetry_account = links.account
        and costs.session_key = links.session_key
        and costs.turn_key is not distinct from links.turn_key
),

-- A turn that serves several tasks is split evenly: nothing says who took more.
shared as (
    select * from linked where tasks > 1
),

pots as (
    select costs.cost_key, costs.effective_usd
    from costs
    inner join (select distinct cost_key from shared) as several on costs.cost_key = several.cost_key
    where costs.effective_usd is not null
),

shares as (
    {{ allocate('pots', 'shared', ['cost_key'], 'task_key', 'effective_usd', 'weight') }}
),

final as (
    select
        linked.task_key,
        costs.workflow_id,
        costs.principal_kind,
        costs.telemetry_account,
        costs.session_key,
        costs.day,
        costs.vendor,
        costs.model,
        {{ sum_count('costs.calls') }} as calls,
        {{ sum_money('case when linked.tasks = 1 then costs.effective_usd else shares.share end') }} as effective_usd,
        cast(sum(cast(cast(costs.low_usd as double) / linked.tasks as decimal(28, 6))) as decimal(28, 6)) as low_usd,
        cast(sum(cast(cast(costs.high_usd as double) / linked.tasks as decimal(28, 6))) as decimal(28, 6)) as high_usd,
        {{ sum_count("case when costs.cost_method = 'none' then costs.calls else 0 end") }} as calls_without_cost
    from linked
    inner join costs on linked.cost_key = costs.cost_key
    left join shares on linked.cost_key = shares.cost_key and linked.task_key = shares.task_key
    group by
        linked.task_key, costs.workflow_id, costs.principal_kind, costs.telemetry_account, costs.session_key, costs.day, costs.vendor, costs.model
)

select * from final
