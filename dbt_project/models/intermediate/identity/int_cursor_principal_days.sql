with events as (
    select account, day, principal from {{ ref('int_cursor_events') }} where principal_kind = 'person'
),

daily_usage as (
    select * from {{ ref('stg_cursor__daily_usage') }}
),

members as (
    select * from {{ ref('stg_cursor__members') }}
),

principal_days as (
    select account, day, principal from events
    union
    select account, day, email as principal from daily_usage
    union
    select account, day, email as principal from members where not is_removed and email is not null
),

-- Cursor's events know people by their address and nothing else: the address is the principal.
final as (
    select 'cursor' as vendor, account, day, principal, principal as email
    from principal_days
    where principal is not null
)

select * from final
