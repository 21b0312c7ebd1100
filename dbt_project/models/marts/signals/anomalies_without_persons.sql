with found as (
    select * from {{ ref('int_anomalies') }}
    where level in ('vendor', 'workflow')
),

final as (
    select
        anomaly_id,
        first_day,
        last_day,
        level,
        entity,
        vendor,
        kind,
        unit,
        case when unit = 'usd' or actual = 0 or actual >= {{ var('k') }} then actual end as actual,
        case when unit = 'usd' or expected >= {{ var('k') }} then expected end as expected,
        excess_usd,
        status,
        why
    from found
)

select * from final
