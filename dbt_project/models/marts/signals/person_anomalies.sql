with found as (
    select * from {{ ref('int_anomalies') }}
    where level in ('user', 'team')
),

final as (
    select
        found.anomaly_id,
        found.first_day,
        found.last_day,
        found.level,
        case when found.level = 'user' then found.entity end as person_key,
        found.team,
        found.vendor,
        found.kind,
        found.unit,
        found.actual as actual,
        found.expected as expected,
        found.upper,
        found.excess_usd,
        found.volume_usd,
        found.model_mix_usd,
        found.price_usd,
        found.retries_usd,
        found.cache_usd,
        found.z,
        found.threshold,
        found.data_complete,
        found.status,
        cast(found.first_day + 1 as date) as first_seen_on,
        found.reason
    from found
)

select * from final
