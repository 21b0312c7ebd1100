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
        cast(cost_usd as double) as amount,
        {% for column in ['retried', 'price_moved', 'input_tokens', 'cached_tokens', 'cache_saves'] %}
        cast(null as double) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
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

-- What an attempt cost after the first one of its run; unknown where no session said which attempt it was.
attempts as (
    select costs.cost_key, sessions.run_attempt
    from costs
    inner join {{ ref('int_agent_sessions') }} as sessions
        on costs.telemetry_account = sessions.account and costs.session_key = sessions.session_key
    where sessions.run_attempt is not null
),

by_model as (
    select
        costs.day, costs.workflow, coalesce(costs.model, '(none)') as model,
        cast(sum(costs.effective_usd) as double) as amount,
        cast(sum(case when attempts.run_attempt > 1 then costs.effective_usd when attempts.run_attempt = 1 then 0 end) as double) as retried,
        cast(sum(costs.uncached_input_tokens) as double) as uncached,
        cast(sum(costs.cache_read_tokens) as double) as cached,
        cast(sum(costs.cache_write_tokens) as double) as written,
        cast(sum(costs.output_tokens) as double) as output
    from costs
    left join attempts on costs.cost_key = attempts.cost_key
    where costs.workflow not like '(%'
    group by costs.day, costs.workflow, coalesce(costs.model, '(none)')
),

-- The dated list prices of the day and of four weeks before it say what of the amount a price moved, and what a token from the cache saves.
at_list as (
    select
        by_model.*,
        {% for place in ['now', 'before'] %}
        (by_model.uncached * {{ place }}_prices.input_usd + coalesce(by_model.cached * {{ place }}_prices.cache_read_usd, 0)
            + coalesce(by_model.written * {{ place }}_prices.cache_write_usd, 0) + by_model.output * {{ place }}_prices.output_usd) as list_{{ place }},
        {% endfor %}
        by_model.cached * (now_prices.input_usd - now_prices.cache_read_usd) as list_saved
    from by_model
    {% for place, days in [('now', 0), ('before', 28)] %}
    left join {{ ref('int_model_prices') }} as {{ place }}_prices
        on by_model.model = {{ place }}_prices.model
        and {{ place }}_prices.above_input_tokens = 0
        and by_model.day - {{ days }} >= {{ place }}_prices.valid_from
        and by_model.day - {{ days }} < {{ place }}_prices.valid_to
    {% endfor %}
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
        by_model.amount,
        by_model.retried,
        by_model.amount * (1 - by_model.list_before / nullif(by_model.list_now, 0)) as price_moved,
        by_model.uncached + coalesce(by_model.cached, 0) + coalesce(by_model.written, 0) as input_tokens,
        by_model.cached as cached_tokens,
        by_model.amount * by_model.list_saved / nullif(by_model.list_now, 0) as cache_saves
    from at_list as by_model
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
        sum(amount) as amount,
        sum(retried) as retried,
        -- A model whose price is unknown makes the part of the whole day unknown.
        case when count(price_moved) = count(*) then sum(price_moved) end as price_moved,
        sum(input_tokens) as input_tokens,
        sum(cached_tokens) as cached_tokens,
        case when count(cache_saves) = count(*) then sum(cache_saves) end as cache_saves
    from rows_read
    group by day_number, workflow
    having sum(runs) > 0 and sum(amount) > 0
)

select * from final
