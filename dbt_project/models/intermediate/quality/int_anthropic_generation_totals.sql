with retold as (
    select * from {{ ref('int_retold_days') }} where vendor = 'anthropic'
),

cost as (
    select
        'analytics_cost' as stream, records._account as account, records._day as day, records._generation as generation,
        {{ sum_money(cents_to_usd('records.cost.list_amount')) }} as consumption_usd,
        {{ sum_money(cents_to_usd('records.cost.amount')) }} as billed_usd
    from {{ source('anthropic', 'analytics_cost') }} as records
    inner join retold on retold.stream = 'analytics_cost' and records._account = retold.account and records._day = retold.day
    group by records._account, records._day, records._generation
),

older_cost as (
    select
        'cost_report' as stream, records._account as account, records._day as day, records._generation as generation,
        cast(null as {{ money_type() }}) as consumption_usd,
        {{ sum_money(cents_to_usd('records.amount')) }} as billed_usd
    from {{ source('anthropic', 'cost_report') }} as records
    inner join retold on retold.stream = 'cost_report' and records._account = retold.account and records._day = retold.day
    group by records._account, records._day, records._generation
),

team as (
    select
        'team_spend' as stream, records._account as account, records._day as day, records._generation as generation,
        {{ sum_money('records.total_gross_spend_usd') }} as consumption_usd,
        {{ sum_money('records.total_net_spend_usd') }} as billed_usd
    from {{ source('anthropic', 'team_spend') }} as records
    inner join retold on retold.stream = 'team_spend' and records._account = retold.account and records._day = retold.day
    group by records._account, records._day, records._generation
),

totals as (
    select * from cost
    union all
    select * from older_cost
    union all
    select * from team
),

final as (
    select stream, account, day, generation, consumption_usd, billed_usd, cast(null as {{ money_type() }}) as credits
    from totals
)

select * from final
