with accounts as (
    select * from {{ source('platform', 'accounts') }} where vendor = 'anthropic' and scope = 'enterprise'
),

users as (
    select users.*
    from {{ ref('stg_anthropic__users') }} as users
    inner join accounts on users.account = accounts.account
),

limits as (
    select account, day, user_id, max(plan) as plan, max(limit_usd) as limit_usd
    from {{ ref('stg_anthropic__spend_limits') }}
    group by account, day, user_id
),

-- Members are listed with their limits also where a key may not read the directory.
members as (
    select
        coalesce(users.account, limits.account) as account,
        coalesce(users.day, limits.day) as day,
        coalesce(users.user_id, limits.user_id) as user_id,
        case when users.user_id is not null then 'users' else 'spend_limits' end as stream,
        cast(users.added_at as date) as assigned_on,
        limits.plan,
        limits.limit_usd
    from users
    full outer join limits on users.account = limits.account and users.day = limits.day and users.user_id = limits.user_id
),

active_days as (
    select account, day, principal from {{ ref('int_anthropic_activity') }} where is_active
    union
    select account, day, principal from {{ ref('int_spend') }} where vendor = 'anthropic' and principal_kind = 'person'
),

-- The last active day up to each observation, in one pass.
timeline as (
    select account, principal, day, true as is_active from active_days
    union all
    select account, user_id as principal, day, false as is_active from members
),

last_active as (
    select
        account,
        principal,
        day,
        is_active,
        max(case when is_active then day end) over (
            partition by account, principal order by day range between unbounded preceding and current row
        ) as last_active_on
    from timeline
),

final as (
    select
        members.account,
        members.day,
        members.stream,
        members.user_id as principal,
        coalesce(members.plan, 'enterprise') as plan,
        members.assigned_on,
        last_active.last_active_on,
        cast(null as date) as pending_cancellation_on,
        members.limit_usd
    from members
    left join last_active
        on members.account = last_active.account
        and members.user_id = last_active.principal
        and members.day = last_active.day
        and not last_active.is_active
)

select * from final
