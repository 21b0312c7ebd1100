with found as (
    select * from {{ ref('int_anomalies') }}
    where level in ('vendor', 'workflow')
),

final as (
    select
        found.anomaly_id,
        found.first_day,
        found.last_day,
        found.level,
        found.entity,
        found.vendor,
        found.kind,
        found.unit,
        case when found.unit = 'usd' or found.actual = 0 or found.actual >= {{ var('k') }} then found.actual end as actual,
        case when found.unit = 'usd' or found.expected >= {{ var('k') }} then found.expected end as expected,
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
