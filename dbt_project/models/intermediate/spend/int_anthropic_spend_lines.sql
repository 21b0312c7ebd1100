{{ config(materialized='view') }}

{% set moneys = ['consumption_usd', 'billed_usd'] %}
{% set tokens = ['requests', 'uncached_input_tokens', 'cache_read_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens', 'output_tokens'] %}
{% set callers = ['user_id', 'service_id', 'actor_key_id', 'api_key_id'] %}

with accounts as (
    select * from {{ source('platform', 'accounts') }} where vendor = 'anthropic'
),

products as (
    select * from {{ ref('anthropic_products') }}
),

cost as (
    select
        cost.account,
        cost.day,
        'analytics_cost' as stream,
        coalesce(cost.cost_type, '(unknown)') || coalesce(':' || cost.token_type, '') as sku,
        cost.model,
        cost.product,
        cost.workspace_id,
        cost.user_id,
        coalesce(cost.service_account_id, cost.federated_id) as service_id,
        cost.actor_key_id,
        cost.api_key_id,
        cost.consumption_usd,
        cost.billed_usd,
        {{ unknown_columns(tokens) }}
    from {{ ref('stg_anthropic__analytics_cost') }} as cost
    inner join accounts on cost.account = accounts.account and accounts.ledger = 'analytics_cost'
),

usage as (
    select
        usage.account,
        usage.day,
        'analytics_usage' as stream,
        'usage' as sku,
        usage.model,
        usage.product,
        usage.workspace_id,
        usage.user_id,
        coalesce(usage.service_account_id, usage.federated_id) as service_id,
        usage.actor_key_id,
        usage.api_key_id,
        {{ unknown_columns(moneys, money_type()) }},
        usage.requests,
        usage.uncached_input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_5m_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens
    from {{ ref('stg_anthropic__analytics_usage') }} as usage
    inner join accounts on usage.account = accounts.account and accounts.ledger = 'analytics_cost'
),

-- The older ledger knows neither person nor key, and no list price.
older_cost as (
    select
        cost.account,
        cost.day,
        'cost_report' as stream,
        coalesce(cost.cost_type, '(unknown)') || coalesce(':' || cost.token_type, '') as sku,
        cost.model,
        cast(null as varchar) as product,
        cost.workspace_id,
        {{ unknown_columns(callers, 'varchar') }},
        cast(null as {{ money_type() }}) as consumption_usd,
        cost.billed_usd,
        {{ unknown_columns(tokens) }}
    from {{ ref('stg_anthropic__cost_report') }} as cost
    inner join accounts on cost.account = accounts.account and accounts.ledger = 'cost_report'
),

older_usage as (
    select
        usage.account,
        usage.day,
        'usage_messages' as stream,
        'usage' as sku,
        usage.model,
        cast(null as varchar) as product,
        usage.workspace_id,
        usage.user_id,
        usage.service_account_id as service_id,
        cast(null as varchar) as actor_key_id,
        usage.api_key_id,
        {{ unknown_columns(moneys, money_type()) }},
        cast(null as bigint) as requests,
        usage.uncached_input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_5m_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens
    from {{ ref('stg_anthropic__usage_messages') }} as usage
    inner join accounts on usage.account = accounts.account and accounts.ledger = 'cost_report'
),

-- The Team plan's file: input is not split by cache, so its classes are unknown.
team as (
    select
        spend.account,
        spend.day,
        'team_spend' as stream,
        'team_spend' as sku,
        spend.model,
        spend.product,
        cast(null as varchar) as workspace_id,
        spend.user_id,
        cast(null as varchar) as service_id,
        cast(null as varchar) as actor_key_id,
        cast(null as varchar) as api_key_id,
        spend.consumption_usd,
        spend.billed_usd,
        spend.requests,
        cast(null as bigint) as uncached_input_tokens,
        cast(null as bigint) as cache_read_tokens,
        cast(null as bigint) as cache_write_5m_tokens,
        cast(null as bigint) as cache_write_1h_tokens,
        spend.output_tokens
    from {{ ref('stg_anthropic__team_spend') }} as spend
    inner join accounts on spend.account = accounts.account and accounts.ledger = 'team_spend'
),

lines as (
    select * from cost
    union all
    select * from usage
    union all
    select * from older_cost
    union all
    select * from older_usage
    union all
    select * from team
),

-- The vendor's order: a person before a service before a key. Without a key a person of an organisation of seats used the seat.
final as (
    select
        'anthropic' as vendor,
        lines.account,
        lines.day,
        lines.stream,
        lines.sku,
        coalesce(lines.model, '(not split)') as model,
        coalesce(lines.workspace_id, '(none)') as project,
        '(none)' as organization,
        '(none)' as repository,
        -- A workspace's cost centre is a tag of the present: it is joined where tables are built anew each time.
        '(none)' as cost_center,
        coalesce(products.surface, '(not split)') as surface,
        coalesce(lines.user_id, lines.service_id, lines.actor_key_id, lines.api_key_id, '(unattributed)') as principal,
        case
            when lines.user_id is not null then 'person'
            when coalesce(lines.service_id, lines.actor_key_id, lines.api_key_id) is not null then 'machine'
            else 'unattributed'
        end as principal_kind,
        case
            when lines.user_id is null and lines.service_id is not null then 'service_account'
            when coalesce(lines.actor_key_id, lines.api_key_id) is not null then 'api_key'
            when lines.user_id is not null and (accounts.scope = 'enterprise' or lines.stream = 'team_spend') then 'seat'
            else '(unknown)'
        end as auth_kind,
        case
            when coalesce(lines.user_id, lines.service_id, lines.actor_key_id, lines.api_key_id) is null then 'unattributed_usage'
            when lines.user_id is null or lines.sku = 'session_usage' or products.is_automation = 'true' then 'machine_usage'
            else 'human_usage'
        end as series,
        false as is_pooled,
        'ledger' as basis,
        lines.consumption_usd,
        lines.billed_usd,
        cast(null as {{ money_type() }}) as credits,
        cast(lines.requests as {{ money_type() }}) as requests,
        lines.uncached_input_tokens,
        lines.cache_read_tokens,
        lines.cache_write_5m_tokens + lines.cache_write_1h_tokens as cache_write_tokens,
        lines.cache_write_1h_tokens,
        lines.output_tokens,
        cast(null as bigint) as reasoning_tokens,
        cast(null as {{ money_type() }}) as seat_months
    from lines
    inner join accounts on lines.account = accounts.account
    left join products on lines.product = products.product
)

select * from final
