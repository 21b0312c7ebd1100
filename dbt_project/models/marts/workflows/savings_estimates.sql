with calls as (
    select * from {{ ref('int_turn_calls') }} where session_key is not null
),

-- Of machines that nobody owns alone: a person's work is not told here.
contexts as (
    select telemetry_account as account, context_key, min(workflow_id) as workflow_id
    from {{ ref('int_work_costs') }}
    where session_key is not null
    group by telemetry_account, context_key
    having min(principal_kind) = 'machine' and max(principal_kind) = 'machine'
),

prices as (
    select * from {{ ref('int_model_prices') }} where above_input_tokens = 0
),

-- Of the same maker: the cheapest model that the company already uses.
used as (
    select distinct split_part(price_model, '-', 1) as maker, price_model from calls
),

cheapest as (
    select maker, day, model, input_usd, output_usd
    from (
        select
            used.maker, days.day, prices.model, prices.input_usd, prices.output_usd,
            row_number() over (partition by used.maker, days.day order by prices.output_usd, prices.model) as place
        from used
        cross join (select distinct day from calls) as days
        inner join prices on used.price_model = prices.model and days.day >= prices.valid_from and days.day < prices.valid_to
    ) as ranked
    where place = 1
),

machine_calls as (
    select
        calls.*,
        {{ workflow_label('contexts.workflow_id', "'(no workflow)'") }} as workflow,
        cast({{ dbt.date_trunc('month', 'calls.day') }} as date) as month
    from calls
    inner join contexts on calls.account = contexts.account and calls.context_key = contexts.context_key
),

-- Input that came again within five minutes could have been read from a cache, four fifths of it at most; short answers could come from the
-- cheapest model in use.
judged as (
    select
        machine_calls.workflow,
        machine_calls.month,
        machine_calls.estimated_usd,
        machine_calls.soon_calls,
        machine_calls.short_calls,
        case when machine_calls.soon_calls > 0 then
            cast(
                {{ tokens_times('machine_calls.soon_uncached_input_tokens', '(prices.input_usd - prices.cache_read_usd)') }}
                * cast('0.0000008' as decimal(8, 7)) as {{ money_type() }}
            )
        end as caching_usd,
        case
            when machine_calls.short_calls > 0 and prices.output_usd > cheapest.output_usd
                then cast(
                    machine_calls.short_estimated_usd * cast(1 - cast(cheapest.output_usd as double) / cast(prices.output_usd as double) as decimal(9, 6))
                    as {{ money_type() }}
                )
        end as routing_usd
    from machine_calls
    inner join prices
        on machine_calls.price_model = prices.model
        and machine_calls.day >= prices.valid_from
        and machine_calls.day < prices.valid_to
    left join cheapest on split_part(machine_calls.price_model, '-', 1) = cheapest.maker and machine_calls.day = cheapest.day
),

final as (
    select
        month,
        workflow as workflow_id,
        {{ sum_money('estimated_usd') }} as estimated_usd,
        coalesce({{ sum_money('caching_usd') }}, cast(0 as {{ money_type() }})) as caching_estimated_usd,
        coalesce({{ sum_money('routing_usd') }}, cast(0 as {{ money_type() }})) as routing_estimated_usd,
        {{ sum_count('case when caching_usd is not null then soon_calls else 0 end') }} as calls_to_cache,
        {{ sum_count('case when routing_usd is not null then short_calls else 0 end') }} as calls_to_route
    from judged
    group by month, workflow
)

select * from final
