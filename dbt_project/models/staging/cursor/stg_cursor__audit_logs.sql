with records as (
    {{ counting_records('cursor', 'audit_logs') }}
),

-- One event told twice, in two wordings, is one event.
ranked as (
    select *, row_number() over (partition by _account, event_id order by _day desc, _generation desc, _record desc) as place
    from records
),

final as (
    select
        _account as account,
        _day as day,
        event_id,
        "timestamp" as occurred_at,
        lower(event_type) as event_type,
        lower(trim(user_email)) as actor_email,
        -- Some events name whom they concern, the others concern whoever acted.
        lower(trim(coalesce(event_data.email, user_email))) as email,
        event_data.role as role,
        cast(event_data.spendLimitDollars as {{ money_type() }}) as limit_usd
    from ranked
    where place = 1
)

select * from final
