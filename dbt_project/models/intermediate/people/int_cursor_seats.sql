with members as (
    select * from {{ ref('stg_cursor__members') }} where not is_removed
),

spend as (
    select * from {{ ref('stg_cursor__spend') }}
),

audit_logs as (
    select * from {{ ref('stg_cursor__audit_logs') }}
),

daily_usage as (
    select * from {{ ref('int_cursor_activity') }} where is_active
),

events as (
    select account, day, principal from {{ ref('int_cursor_events') }} where series = 'human_usage'
),

observations as (
    select distinct account, day from {{ ref('stg_cursor__members') }}
),

first_observed as (
    select account, min(day) as day from observations group by account
),

-- The list says neither when a seat was given nor when it was used. Given: the last add_user before the observation, else the first day of
-- the list on which the member was there, where an earlier list was without them.
added as (
    select members.account, members.day, members.email, max(cast(audit_logs.occurred_at as date)) as added_on
    from members
    inner join audit_logs
        on members.account = audit_logs.account
        and members.email = audit_logs.email
        and audit_logs.event_type = 'add_user'
        and cast(audit_logs.occurred_at as date) <= members.day
    group by members.account, members.day, members.email
),

first_listed as (
    select members.account, members.email, min(members.day) as listed_on
    from members
    group by members.account, members.email
),

active_days as (
    select account, day, principal from daily_usage
    union
    select account, day, principal from events
),

last_active as (
    select members.account, members.day, members.email, max(active_days.day) as last_active_on
    from members
    inner join active_days
        on members.account = active_days.account and members.email = active_days.principal and active_days.day <= members.day
    group by members.account, members.day, members.email
),

limits as (
    select account, day, email, max(tier) as tier, min(limit_usd) as limit_usd from spend group by account, day, email
),

final as (
    select
        members.account,
        members.day,
        'members' as stream,
        members.email as principal,
        case when members.role = 'free-owner' then 'unpaid_admin' else coalesce(max(limits.tier), 'unknown') end as plan,
        coalesce(
            max(added.added_on),
            max(case when first_listed.listed_on > first_observed.day then first_listed.listed_on end)
        ) as assigned_on,
        max(last_active.last_active_on) as last_active_on,
        cast(null as date) as pending_cancellation_on,
        min(limits.limit_usd) as limit_usd
    from members
    inner join first_observed on members.account = first_observed.account
    left join added on members.account = added.account and members.day = added.day and members.email = added.email
    left join first_listed on members.account = first_listed.account and members.email = first_listed.email
    left join last_active on members.account = last_active.account and members.day = last_active.day and members.email = last_active.email
    left join limits on members.account = limits.account and members.day = limits.day and members.email = limits.email
    group by members.account, members.day, members.email, members.role
)

select * from final
