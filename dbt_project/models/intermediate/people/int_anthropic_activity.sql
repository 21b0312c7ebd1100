with claude_code as (
    select * from {{ ref('stg_anthropic__claude_code') }} where actor_type = 'user_actor' and email is not null
),

members as (
    select * from {{ ref('stg_anthropic__analytics_users') }}
),

emails as (
    select * from {{ ref('int_anthropic_user_emails') }}
),

-- Claude Code knows addresses where everything else knows ids.
holders as (
    select account, day, email, min(user_id) as user_id
    from (
        select claude_code.account, claude_code.day, claude_code.email, emails.user_id
        from claude_code
        inner join emails
            on claude_code.account = emails.account
            and claude_code.email = emails.email
            and claude_code.day >= emails.valid_from
            and claude_code.day < emails.valid_to
    ) as held
    group by account, day, email
),

-- Claude Code counts sessions where others count messages: both are taken as interactions.
console as (
    select
        claude_code.account,
        claude_code.day,
        coalesce(holders.user_id, claude_code.email) as principal,
        {{ sum_count('claude_code.sessions') }} as interactions,
        {{ sum_count('claude_code.accepted + claude_code.rejected') }} as generations,
        {{ sum_count('claude_code.accepted') }} as acceptances
    from claude_code
    left join holders
        on claude_code.account = holders.account and claude_code.day = holders.day and claude_code.email = holders.email
    group by claude_code.account, claude_code.day, coalesce(holders.user_id, claude_code.email)
),

enterprise as (
    select
        account,
        day,
        user_id as principal,
        {{ sum_count('messages + coalesce(sessions, 0)') }} as interactions,
        {{ sum_count('accepted + rejected') }} as generations,
        {{ sum_count('accepted') }} as acceptances
    from members
    group by account, day, user_id
),

both_kinds as (
    select * from console
    union all
    select * from enterprise
),

final as (
    select
        account,
        day,
        principal,
        interactions,
        generations,
        acceptances,
        coalesce(interactions, 0) + coalesce(generations, 0) > 0 as is_active
    from both_kinds
)

select * from final
