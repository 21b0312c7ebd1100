with retold as (
    select * from {{ ref('int_retold_days') }} where vendor = 'github_copilot'
),

meters as (
    select * from {{ ref('int_github_copilot_meters') }}
),

prices as (
    select * from {{ ref('int_prices') }} where vendor = 'github_copilot' and item = 'ai_credit'
),

report as (
    select
        'ai_credit_report' as stream, records._account as account, records._day as day, records._generation as generation,
        {{ sum_money('records.gross_amount') }} as consumption_usd,
        {{ sum_money('records.net_amount') }} as billed_usd,
        {{ sum_money("case when lower(records.unit_type) = 'ai-credits' then records.quantity end") }} as credits
    from {{ source('github_copilot', 'ai_credit_report') }} as records
    inner join retold on retold.stream = 'ai_credit_report' and records._account = retold.account and records._day = retold.day
    group by records._account, records._day, records._generation
),

summary as (
    select
        'ai_credit_usage' as stream, records._account as account, records._day as day, records._generation as generation,
        {{ sum_money('records.grossAmount') }} as consumption_usd,
        {{ sum_money('records.netAmount') }} as billed_usd,
        {{ sum_money("case when lower(records.unitType) = 'ai-credits' then records.grossQuantity end") }} as credits
    from {{ source('github_copilot', 'ai_credit_usage') }} as records
    inner join retold on retold.stream = 'ai_credit_usage' and records._account = retold.account and records._day = retold.day
    group by records._account, records._day, records._generation
),

-- Of the detailed bill only the lines that int_spend takes.
detailed as (
    select
        'billing_report' as stream, records._account as account, records._day as day, records._generation as generation,
        {{ sum_money("case when meters.meter in ('actions', 'sandbox') then records.gross_amount end") }} as consumption_usd,
        {{ sum_money('records.net_amount') }} as billed_usd,
        cast(null as {{ money_type() }}) as credits
    from {{ source('github_copilot', 'billing_report') }} as records
    inner join retold on retold.stream = 'billing_report' and records._account = retold.account and records._day = retold.day
    inner join meters
        on meters.report = 'detailed'
        and lower(records.product) = meters.product
        and lower(records.sku) = meters.sku
        and coalesce(records.workflow_path, '') = meters.workflow_path
        and lower(records.unit_type) = meters.unit_type
    where meters.meter in ('seat', 'actions', 'sandbox', 'unknown')
    group by records._account, records._day, records._generation
),

metric as (
    select
        'user_days' as stream, records._account as account, records._day as day, records._generation as generation,
        {{ sum_money(times('records.ai_credits_used', 'prices.usd')) }} as consumption_usd,
        cast(null as {{ money_type() }}) as billed_usd,
        {{ sum_money('records.ai_credits_used') }} as credits
    from {{ source('github_copilot', 'user_days') }} as records
    inner join retold on retold.stream = 'user_days' and records._account = retold.account and records._day = retold.day
    left join prices on records._day >= prices.valid_from and records._day < prices.valid_to
    group by records._account, records._day, records._generation
),

final as (
    select * from report
    union all
    select * from summary
    union all
    select * from detailed
    union all
    select * from metric
)

select * from final
