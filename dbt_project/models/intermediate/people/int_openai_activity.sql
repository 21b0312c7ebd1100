with lines as (
    select * from {{ ref('int_openai_spend_lines') }} where principal_kind = 'person'
),

codex as (
    select account, day, coalesce(user_id, email) as principal, {{ sum_count('turns') }} as turns
    from {{ ref('stg_openai__codex_usage') }}
    group by account, day, coalesce(user_id, email)
),

-- The API counts model requests, which a loop makes by the thousand: they say that somebody was active, not how often.
active as (
    select account, day, principal
    from lines
    where requests > 0 or output_tokens > 0 or credits > 0
    group by account, day, principal
),

final as (
    select
        'openai' as vendor,
        coalesce(active.account, codex.account) as account,
        coalesce(active.day, codex.day) as day,
        coalesce(active.principal, codex.principal) as principal,
        codex.turns as interactions,
        cast(null as bigint) as generations,
        cast(null as bigint) as acceptances,
        active.principal is not null or coalesce(codex.turns, 0) > 0 as is_active
    from active
    full outer join codex on active.account = codex.account and active.day = codex.day and active.principal = codex.principal
    where coalesce(active.principal, codex.principal) is not null
)

select * from final
