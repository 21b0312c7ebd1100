with members as (
    select * from {{ ref('stg_cursor__members') }} where not is_removed and email is not null
),

spend as (
    select * from {{ ref('stg_cursor__spend') }}
),

audit_logs as (
    select * from {{ ref('stg_cursor__audit_logs') }}
),

activity as (
    select * from {{ ref('int_cursor_activity') }}
),

events as (
    select * from {{ ref('int_cursor_events') }}
),

limits as (
    select account, day, email, max(tier) as tier, min(limit_usd) as limit_usd from spend group by account, day, email
),

observed as (
    select account, day, email as principal, min(role) as role from members group by account, day, email
),

-- The list of members says neither when a seat was given nor when it was used; the audit log and the use of the days before do.
signs as (
    select account, day, principal, role, cast(null as date) as added_on, cast(null as date) as active_on from observed
    union all
    select account, day, email, null, day, null from audit_logs where event_type = 'add_user'
    union all
    select account, day, principal, null, null, day from activity where is_active
    union all
    select distinct account, day, principal, null, null, day from events where series = 'human_usage'
),

known_by_then as (
    select
        account,
        day,
        principal,
        role,
        max(added_on) over (partition by account, principal order by day) as added_on,
        max(active_on) over (partition by account, principal order by day) as last_active_on,
        min(case when role is not null then day end) over (partition by account, principal order by day) as first_listed_on
    from signs
),

final as (
    select
        known_by_then.account,
        known_by_then.day,
        'members' as stream,
        known_by_then.principal,
        case when known_by_then.role = 'free-owner' then 'unpaid_admin' else coalesce(limits.tier, 'unknown') end as plan,
        coalesce(known_by_then.added_on, known_by_then.first_listed_on) as assigned_on,
        known_by_then.last_active_on,
        cast(null as date) as pending_cancellation_on,
        limits.limit_usd
    from known_by_then
    left join limits
        on known_by_then.account = limits.account
        and known_by_then.day = limits.day
        and known_by_then.principal = limits.email
    where known_by_then.role is not null
)

select * from final
