with seats as (
    {{ all_vendors(
        'seats',
        ['account', 'day', 'stream', 'principal', 'plan', 'assigned_on', 'last_active_on', 'pending_cancellation_on', 'limit_usd'],
        named=true
    ) }}
),

person_days as (
    select * from {{ ref('int_person_days') }}
),

stream_days as (
    select * from {{ ref('int_stream_days') }}
),

-- A person with several grants holds one seat.
final as (
    select
        seats.day,
        seats.vendor,
        seats.account,
        person_days.person_id as person_key,
        max(seats.plan) as plan,
        count(*) as grants,
        min(seats.assigned_on) as assigned_on,
        -- A week, not an instant: working hours are nobody's business here.
        cast({{ dbt.date_trunc('week', 'max(seats.last_active_on)') }} as date) as last_active_week,
        -- Idle means no sign of activity for 30 days, which a seat cannot show before it is 30 days old, or observed that long.
        coalesce({{ dbt.datediff('max(seats.last_active_on)', 'seats.day', 'day') }} >= 30, true)
        and {{ dbt.datediff('min(seats.assigned_on)', 'seats.day', 'day') }} >= 30 as idle,
        min(seats.pending_cancellation_on) as pending_cancellation_on,
        min(seats.limit_usd) as limit_usd,
        min(stream_days.status) as data_status
    from seats
    inner join person_days
        on seats.vendor = person_days.vendor
        and seats.account = person_days.account
        and seats.day = person_days.day
        and seats.principal = person_days.principal
    left join stream_days
        on seats.vendor = stream_days.vendor
        and seats.account = stream_days.account
        and seats.stream = stream_days.stream
        and seats.day = stream_days.day
    group by seats.day, seats.vendor, seats.account, person_days.person_id
)

select * from final
