with retold as (
    select * from {{ ref('int_retold_days') }} where vendor = 'openai'
),

costs as (
    select
        'costs' as stream, records._account as account, records._day as day, records._generation as generation,
        cast(null as {{ money_type() }}) as consumption_usd,
        {{ sum_money("case when lower(records.amount.currency) = 'usd' then records.amount.value end") }} as billed_usd,
        cast(null as {{ money_type() }}) as credits
    from {{ source('openai', 'costs') }} as records
    inner join retold on retold.stream = 'costs' and records._account = retold.account and records._day = retold.day
    group by records._account, records._day, records._generation
),

codex as (
    select
        'codex_usage' as stream, records._account as account, records._day as day, records._generation as generation,
        cast(null as {{ money_type() }}) as consumption_usd,
        cast(null as {{ money_type() }}) as billed_usd,
        {{ sum_money('records.credits') }} as credits
    from {{ source('openai', 'codex_usage') }} as records
    inner join retold on retold.stream = 'codex_usage' and records._account = retold.account and records._day = retold.day
    group by records._account, records._day, records._generation
),

final as (
    select * from costs
    union all
    select * from codex
)

select * from final
