with seats as (
    select * from {{ ref('stg_github_copilot__seats') }}
),

person_days as (
    select * from {{ ref('int_person_days') }} where vendor = 'github_copilot'
),

stream_days as (
    select * from {{ ref('int_stream_days') }} where vendor = 'github_copilot' and stream = 'seats'
),

-- A person with grants from several organisations holds one seat.
final as (
    select
        seats.day,
        'github_copilot' as vendor,
        seats.account,
        person_days.person_id as person_key,
        max(seats.plan) as plan,
        count(*) as grants,
        cast(min(seats.assigned_at) as date) as assigned_on,
        -- A week, not an instant: working hours are nobody's business here.
        cast({{ dbt.date_trunc('week', 'max(seats.last_activity_at)') }} as date) as last_active_week,
        -- GitHub forgets activity after 90 days, and an editor without telemetry reports none: idle means no sign for 30 days, which a
        -- seat cannot show before it is 30 days old.
        coalesce({{ dbt.datediff('cast(max(seats.last_activity_at) as date)', 'seats.day', 'day') }} >= 30, true)
        and {{ dbt.datediff('cast(min(seats.assigned_at) as date)', 'seats.day', 'day') }} >= 30 as idle,
        min(seats.pending_cancellation_date) as pending_cancellation_on,
        min(stream_days.status) as data_status
    from seats
    inner join person_days
        on seats.account = person_days.account and seats.day = person_days.day and seats.login = person_days.login
    left join stream_days on seats.account = stream_days.account and seats.day = stream_days.day
    group by seats.day, seats.account, person_days.person_id
)

select * from final
