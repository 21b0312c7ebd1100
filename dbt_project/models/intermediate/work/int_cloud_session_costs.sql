with sessions as (
    select
        account,
        session_id,
        user_id,
        cast(created_at as date) as day,
        {{ times('nano_credits', "'0.000000001'") }} as credits
    from {{ ref('stg_git_delivery__agent_sessions') }}
),

logins as (
    select account, github_id, day, min(principal) as principal, min(person_id) as person_id
    from {{ ref('int_github_copilot_person_days') }}
    group by account, github_id, day
),

-- What the bill has of the cloud agent by login and day, where it tells credits.
pots as (
    select account, day, principal, {{ sum_money('effective_usd') }} as effective_usd, {{ sum_money('credits') }} as credits
    from {{ ref('int_spend_effective') }}
    where vendor = 'github_copilot' and surface = 'background_agent' and credits is not null and effective_usd is not null
    group by account, day, principal
),

known as (
    select sessions.*, logins.principal, logins.person_id
    from sessions
    left join logins on sessions.account = logins.account and sessions.user_id = logins.github_id and sessions.day = logins.day
),

told as (
    select account, day, principal, {{ sum_money('credits') }} as credits
    from known
    where principal is not null
    group by account, day, principal
),

-- Credits that no session tells of are a claim too: a session never costs more than its credits' part of the day.
claims as (
    select account, day, principal, session_id, credits from known where principal is not null and credits > 0
    union all
    select pots.account, pots.day, pots.principal, '(rest)', cast(pots.credits - coalesce(told.credits, 0) as {{ money_type() }})
    from pots
    left join told on pots.account = told.account and pots.day = told.day and pots.principal = told.principal
    where pots.credits > coalesce(told.credits, 0)
),

shares as (
    {{ allocate('pots', 'claims', ['account', 'day', 'principal'], 'session_id', 'effective_usd', 'credits') }}
),

final as (
    select known.account, known.session_id, known.day, known.person_id, known.credits, shares.share as effective_usd
    from known
    left join shares
        on known.account = shares.account
        and known.day = shares.day
        and known.principal = shares.principal
        and known.session_id = shares.session_id
)

select * from final
