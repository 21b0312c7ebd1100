{{ config(materialized='view') }}

{% set tokens = ['uncached_input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'output_tokens'] %}
{% set tags = ['organization', 'repository', 'cost_center'] %}

with accounts as (
    select * from {{ source('platform', 'accounts') }} where vendor = 'github_copilot'
),

meters as (
    select * from {{ ref('int_github_copilot_meters') }}
),

prices as (
    select * from {{ ref('int_prices') }} where vendor = 'github_copilot' and item = 'ai_credit'
),

report as (
    select report.*, meters.meter, meters.surface, meters.series
    from {{ ref('stg_github_copilot__ai_credit_report') }} as report
    inner join accounts on report.account = accounts.account and accounts.ledger = 'ai_credit_report'
    inner join meters
        on meters.report = 'ai_credit'
        and report.product = meters.product
        and report.sku = meters.sku
        and coalesce(report.model, '') = meters.model
        and report.unit_type = meters.unit_type
),

-- Consumption sits on who consumed. What was charged for it depends on who came after the pool ran out: that is the next step.
report_consumption as (
    select
        account,
        day,
        'ai_credit_report' as stream,
        sku,
        model,
        organization,
        repository,
        cost_center,
        surface,
        login,
        cast(null as varchar) as machine,
        false as is_pool,
        series,
        true as is_pooled,
        'ledger' as basis,
        gross_usd as consumption_usd,
        cast(null as {{ money_type() }}) as billed_usd,
        case when unit_type = 'ai-credits' then cast(quantity as {{ money_type() }}) end as credits,
        case when unit_type = 'requests' then cast(quantity as {{ money_type() }}) end as requests,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        output_tokens,
        cast(null as {{ money_type() }}) as seat_months
    from report
),

report_pool as (
    select
        account,
        day,
        'ai_credit_report' as stream,
        sku,
        model,
        organization,
        cast(null as varchar) as repository,
        cost_center,
        surface,
        cast(null as varchar) as login,
        cast(null as varchar) as machine,
        true as is_pool,
        series,
        true as is_pooled,
        'ledger' as basis,
        cast(null as {{ money_type() }}) as consumption_usd,
        net_usd as billed_usd,
        cast(null as {{ money_type() }}) as credits,
        cast(null as {{ money_type() }}) as requests,
        {{ unknown_columns(tokens) }},
        cast(null as {{ money_type() }}) as seat_months
    from report
),

-- The summary knows no person: both moneys sit on the pool.
usage_summary as (
    select
        summary.account,
        summary.day,
        'ai_credit_usage' as stream,
        summary.sku,
        summary.model,
        {{ unknown_columns(tags, 'varchar') }},
        meters.surface,
        cast(null as varchar) as login,
        cast(null as varchar) as machine,
        true as is_pool,
        meters.series,
        true as is_pooled,
        'ledger' as basis,
        summary.gross_usd as consumption_usd,
        summary.net_usd as billed_usd,
        case when summary.unit_type = 'ai-credits' then cast(summary.quantity as {{ money_type() }}) end as credits,
        case when summary.unit_type = 'requests' then cast(summary.quantity as {{ money_type() }}) end as requests,
        {{ unknown_columns(tokens) }},
        cast(null as {{ money_type() }}) as seat_months
    from {{ ref('stg_github_copilot__ai_credit_usage') }} as summary
    inner join accounts on summary.account = accounts.account and accounts.ledger = 'ai_credit_usage'
    inner join meters
        on meters.report = 'ai_credit'
        and summary.product = meters.product
        and summary.sku = meters.sku
        and coalesce(summary.model, '') = meters.model
        and summary.unit_type = meters.unit_type
),

-- Without a bill, the metric times the price of that day is what usage is worth; nobody knows what was charged.
-- Credits are absent before 2026-06-19: such a day is unknown, not zero.
metric as (
    select
        user_days.account,
        user_days.day,
        'user_days' as stream,
        '(metric)' as sku,
        cast(null as varchar) as model,
        {{ unknown_columns(tags, 'varchar') }},
        '(not split)' as surface,
        user_days.login,
        cast(null as varchar) as machine,
        false as is_pool,
        'human_usage' as series,
        true as is_pooled,
        'metric' as basis,
        {{ times('user_days.credits', 'prices.usd') }} as consumption_usd,
        cast(null as {{ money_type() }}) as billed_usd,
        cast(user_days.credits as {{ money_type() }}) as credits,
        cast(null as {{ money_type() }}) as requests,
        {{ unknown_columns(tokens) }},
        cast(null as {{ money_type() }}) as seat_months
    from {{ ref('stg_github_copilot__user_days') }} as user_days
    inner join accounts on user_days.account = accounts.account and accounts.ledger = 'user_days'
    left join prices on user_days.day >= prices.valid_from and user_days.day < prices.valid_to
    where user_days.credits is not null
),

-- Seats are no consumption. What agents cost in Actions minutes and sandboxes is machine use, on whosever login it ran.
-- AI-credit lines of this report repeat the AI-credit export: a cross-check, never added.
detailed as (
    select
        billing.account,
        billing.day,
        'billing_report' as stream,
        billing.sku,
        cast(null as varchar) as model,
        billing.organization,
        billing.repository,
        billing.cost_center,
        meters.surface,
        case when meters.meter = 'seat' then billing.login end as login,
        coalesce(meters.machine, case when meters.meter = 'unknown' then '(fee)' end) as machine,
        false as is_pool,
        meters.series,
        false as is_pooled,
        'ledger' as basis,
        case when meters.meter in ('actions', 'sandbox') then billing.gross_usd end as consumption_usd,
        billing.net_usd as billed_usd,
        cast(null as {{ money_type() }}) as credits,
        cast(null as {{ money_type() }}) as requests,
        {{ unknown_columns(tokens) }},
        case when meters.meter = 'seat' then cast(billing.quantity as {{ money_type() }}) end as seat_months
    from {{ ref('stg_github_copilot__billing_report') }} as billing
    inner join meters
        on meters.report = 'detailed'
        and billing.product = meters.product
        and billing.sku = meters.sku
        and coalesce(billing.workflow_path, '') = meters.workflow_path
        and billing.unit_type = meters.unit_type
    where meters.meter in ('seat', 'actions', 'sandbox', 'unknown')
),

lines as (
    select * from report_consumption
    union all
    select * from report_pool
    union all
    select * from usage_summary
    union all
    select * from metric
    union all
    select * from detailed
),

-- Whom the money served. A bot's login is a machine; an empty login is nobody, and stays visible as that.
final as (
    select
        'github_copilot' as vendor,
        account,
        day,
        stream,
        sku,
        coalesce(model, '(not split)') as model,
        '(none)' as project,
        coalesce(organization, '(none)') as organization,
        coalesce(repository, '(none)') as repository,
        coalesce(cost_center, '(none)') as cost_center,
        surface,
        case
            when is_pool then '(pool)'
            when machine is not null then machine
            else coalesce(login, '(unattributed)')
        end as principal,
        case
            when is_pool then 'pool'
            when machine is not null or login like '%[bot]' then 'machine'
            when login is null then 'unattributed'
            else 'person'
        end as principal_kind,
        case when is_pool or machine is not null then '(unknown)' else 'seat' end as auth_kind,
        case
            when series in ('human_seat', 'platform_fee', 'machine_usage') then series
            when is_pool or login is null then 'unattributed_usage'
            when login like '%[bot]' then 'machine_usage'
            else series
        end as series,
        is_pooled,
        basis,
        consumption_usd,
        billed_usd,
        credits,
        requests,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        cast(null as bigint) as cache_write_1h_tokens,
        output_tokens,
        cast(null as bigint) as reasoning_tokens,
        seat_months
    from lines
)

select * from final
