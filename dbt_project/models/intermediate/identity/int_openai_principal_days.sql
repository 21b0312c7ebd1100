with lines as (
    select distinct account, day, principal
    from {{ ref('int_openai_spend_lines') }}
    where principal_kind = 'person'
),

-- A Codex row brings its own address; a ChatGPT workspace has other ids than the API organization.
codex as (
    select account, day, coalesce(user_id, email) as principal, max(email) as email
    from {{ ref('stg_openai__codex_usage') }}
    group by account, day, coalesce(user_id, email)
),

final as (
    select
        'openai' as vendor,
        lines.account,
        lines.day,
        lines.principal,
        coalesce(members.email, codex.email) as email
    from lines
    left join {{ ref('int_openai_members') }} as members
        on lines.account = members.account
        and lines.principal = members.user_id
        and lines.day >= members.valid_from
        and lines.day < members.valid_to
    left join codex on lines.account = codex.account and lines.day = codex.day and lines.principal = codex.principal
)

select * from final
