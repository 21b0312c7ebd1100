with events as (
    {{ alert_events() }}
),

-- Of the day of knowledge itself nothing is shown: its alerts follow from this very build, and a build made again gives the same rows.
known as (
    select * from events where event_day < {{ as_of() }}
),

final as (
    select
        event_number,
        event_day,
        event,
        incident,
        source,
        severity,
        level,
        entity,
        vendor,
        kind,
        person_key,
        owner_team,
        first_day,
        last_day,
        unit,
        actual,
        expected,
        upper,
        excess_usd,
        channel,
        delivery_id,
        detail
    from known
)

select * from final
