with found as (
    select * from {{ ref('int_anomalies') }}
),

-- The newest row of a workflow says whose it is.
owners as (
    select workflow_id, owner_team
    from (
        select *, row_number() over (partition by workflow_id order by valid_from desc, company) as place
        from {{ ref('stg_company__workflows') }}
    ) as ranked
    where place = 1
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
        found.actual,
        found.expected,
        found.upper,
        found.excess_usd,
        found.volume_usd,
        found.model_mix_usd,
        found.z,
        cast(null as double) as p_value,
        found.threshold,
        found.data_complete,
        found.status,
        cast(found.first_day + 1 as date) as first_seen_at,
        cast(null as varchar) as superseded_by,
        case found.level when 'workflow' then owners.owner_team when 'team' then found.team end as owner_team,
        case when found.kind = 'rule_3x' then 'digest' else 'page' end as notify,
        found.why
    from found
    left join owners on found.level = 'workflow' and found.entity = owners.workflow_id
)

select * from final
