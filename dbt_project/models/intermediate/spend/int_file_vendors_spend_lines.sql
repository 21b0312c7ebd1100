{{ config(materialized='view') }}

with accounts as (
    select * from {{ source('platform', 'accounts') }}
),

openrouter as (
    select
        'openrouter' as vendor,
        account,
        day,
        'activity' as stream,
        provider as sku,
        model,
        coalesce(project, '(none)') as project,
        '(none)' as organization,
        '(none)' as cost_center,
        'api' as surface,
        case when user_id like '%@%' then lower(user_id) else coalesce(user_id, api_key_hash) end as principal,
        case when user_id is not null then 'person' when api_key_hash is not null then 'machine' end as principal_kind,
        usage_usd as ledger_usd,
        cast(null as {{ money_type() }}) as credits,
        cast(requests as {{ money_type() }}) as requests,
        uncached_input_tokens,
        cast(null as bigint) as cache_read_tokens,
        cast(null as bigint) as cache_write_tokens,
        output_tokens,
        reasoning_tokens
    from {{ ref('stg_openrouter__activity') }}
),

-- A mail address is a person; every other caller is known by its key.
litellm as (
    select
        'litellm' as vendor,
        account,
        day,
        'spend_logs' as stream,
        coalesce(provider, '(not split)') as sku,
        model,
        team_id as project,
        organization,
        '(none)' as cost_center,
        'api' as surface,
        case when user_id like '%@%' then lower(user_id) else coalesce(api_key_hash, user_id) end as principal,
        case when user_id like '%@%' then 'person' when coalesce(api_key_hash, user_id) is not null then 'machine' end as principal_kind,
        estimated_usd as ledger_usd,
        cast(null as {{ money_type() }}) as credits,
        cast(1 as {{ money_type() }}) as requests,
        uncached_input_tokens,
        cast(null as bigint) as cache_read_tokens,
        cast(null as bigint) as cache_write_tokens,
        output_tokens,
        cast(null as bigint) as reasoning_tokens
    from {{ ref('stg_litellm__spend_logs') }}
),

custom_agents as (
    select
        'custom_agents' as vendor,
        account,
        day,
        'usage' as stream,
        unit as sku,
        model,
        project,
        '(none)' as organization,
        cost_center,
        surface,
        principal,
        case when principal is not null then principal_kind end as principal_kind,
        amount_usd as ledger_usd,
        credits,
        cast(requests as {{ money_type() }}) as requests,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        output_tokens,
        reasoning_tokens
    from {{ ref('stg_custom_agents__usage') }}
),

lines as (
    select * from openrouter
    union all
    select * from litellm
    union all
    select * from custom_agents
),

-- Money counts where the account's declared ledger is this stream. A gateway stands before vendors that send bills of their own: what it says of
-- money is an estimate then, and never added beside the key's own vendor.
final as (
    select
        lines.vendor,
        lines.account,
        lines.day,
        lines.stream,
        lines.sku,
        lines.model,
        lines.project,
        lines.organization,
        '(none)' as repository,
        lines.cost_center,
        lines.surface,
        coalesce(lines.principal, '(unattributed)') as principal,
        coalesce(lines.principal_kind, 'unattributed') as principal_kind,
        'api_key' as auth_kind,
        case lines.principal_kind
            when 'person' then 'human_usage' when 'machine' then 'machine_usage' else 'unattributed_usage'
        end as series,
        false as is_pooled,
        case when accounts.ledger = lines.stream then 'ledger' else 'estimate' end as basis,
        cast(null as {{ money_type() }}) as consumption_usd,
        case when accounts.ledger = lines.stream then lines.ledger_usd end as billed_usd,
        lines.credits,
        lines.requests,
        lines.uncached_input_tokens,
        lines.cache_read_tokens,
        lines.cache_write_tokens,
        cast(null as bigint) as cache_write_1h_tokens,
        lines.output_tokens,
        lines.reasoning_tokens,
        cast(null as {{ money_type() }}) as seat_months
    from lines
    left join accounts on lines.vendor = accounts.vendor and lines.account = accounts.account
)

select * from final
