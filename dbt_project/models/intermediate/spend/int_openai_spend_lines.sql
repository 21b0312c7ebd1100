{{ config(materialized='view') }}

-- Money comes from the costs and has no tokens, tokens come from the usage and have no money: the vendor says itself that the two differ a little.
with costs as (
    select
        account,
        day,
        'costs' as stream,
        line_item as sku,
        coalesce(model, '(not split)') as model,
        project,
        'api' as surface,
        user_id,
        api_key_id,
        'ledger' as basis,
        amount_usd as billed_usd,
        cast(null as {{ money_type() }}) as credits,
        cast(null as {{ money_type() }}) as requests,
        {{ unknown_columns(['uncached_input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'cache_write_1h_tokens', 'output_tokens']) }}
    from {{ ref('stg_openai__costs') }}
),

completions as (
    select
        account,
        day,
        'usage_completions' as stream,
        coalesce(service_tier, '(not split)') as sku,
        model,
        project,
        'api' as surface,
        user_id,
        api_key_id,
        'ledger' as basis,
        cast(null as {{ money_type() }}) as billed_usd,
        cast(null as {{ money_type() }}) as credits,
        cast(requests as {{ money_type() }}) as requests,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        cache_write_1h_tokens,
        output_tokens
    from {{ ref('stg_openai__usage_completions') }}
),

other as (
    select
        account,
        day,
        'usage_other' as stream,
        modality as sku,
        coalesce(model, '(not split)') as model,
        project,
        'api' as surface,
        user_id,
        api_key_id,
        'ledger' as basis,
        cast(null as {{ money_type() }}) as billed_usd,
        cast(null as {{ money_type() }}) as credits,
        cast(requests as {{ money_type() }}) as requests,
        input_tokens as uncached_input_tokens,
        {{ unknown_columns(['cache_read_tokens', 'cache_write_tokens', 'cache_write_1h_tokens', 'output_tokens']) }}
    from {{ ref('stg_openai__usage_other') }}
),

api_use as (
    select * from costs
    union all
    select * from completions
    union all
    select * from other
),

called as (
    select api_use.*, callers.principal, callers.principal_kind, callers.auth_kind
    from api_use
    inner join {{ ref('int_openai_callers') }} as callers
        on api_use.account = callers.account
        and api_use.day = callers.day
        and coalesce(api_use.user_id, '') = callers.user_id
        and coalesce(api_use.api_key_id, '') = callers.api_key_id
),

-- Codex on a ChatGPT plan: credits of a seat, without dollars.
codex as (
    select
        account,
        day,
        'codex_usage' as stream,
        'codex' as sku,
        '(not split)' as model,
        '(none)' as project,
        '(not split)' as surface,
        user_id,
        cast(null as varchar) as api_key_id,
        'ledger' as basis,
        cast(null as {{ money_type() }}) as billed_usd,
        cast(credits as {{ money_type() }}) as credits,
        cast(null as {{ money_type() }}) as requests,
        uncached_input_tokens,
        cache_read_tokens,
        cast(null as bigint) as cache_write_tokens,
        cast(null as bigint) as cache_write_1h_tokens,
        output_tokens,
        coalesce(user_id, email, '(unattributed)') as principal,
        case when coalesce(user_id, email) is null then 'unattributed' else 'person' end as principal_kind,
        'seat' as auth_kind
    from {{ ref('stg_openai__codex_usage') }}
),

lines as (
    select * from called
    union all
    select * from codex
),

final as (
    select
        'openai' as vendor,
        account,
        day,
        stream,
        sku,
        model,
        project,
        '(none)' as organization,
        '(none)' as repository,
        '(none)' as cost_center,
        surface,
        principal,
        principal_kind,
        auth_kind,
        case principal_kind when 'person' then 'human_usage' when 'machine' then 'machine_usage' else 'unattributed_usage' end as series,
        false as is_pooled,
        basis,
        cast(null as {{ money_type() }}) as consumption_usd,
        billed_usd,
        credits,
        requests,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        cache_write_1h_tokens,
        output_tokens,
        cast(null as bigint) as reasoning_tokens,
        cast(null as {{ money_type() }}) as seat_months
    from lines
)

select * from final
