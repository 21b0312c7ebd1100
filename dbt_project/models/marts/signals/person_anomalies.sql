with found as (
    select * from {{ ref('int_anomalies') }}
    where level in ('user', 'team')
),

final as (
    select
        anomaly_id, first_day, last_day, level,
        case when level = 'user' then entity end as person_key,
        team, vendor, kind, unit, actual, expected, upper, excess_usd, threshold, reason
    from found
)

select * from final
