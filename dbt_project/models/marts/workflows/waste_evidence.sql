with findings as (
    select * from {{ ref('int_waste_findings') }}
),

final as (
    select
        day,
        pattern,
        subject,
        case when person is null then 'machine' else 'human' end as series,
        scope_kind,
        scope,
        evidence,
        effective_usd
    from findings
    where day is not null
)

select * from final
