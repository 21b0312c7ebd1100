with links as (
    select * from {{ ref('int_principal_links') }} where vendor <> 'github_copilot'
),

periods as (
    select * from {{ ref('int_employee_periods') }}
),

final as (
    select
        links.vendor,
        links.account,
        links.day,
        links.principal,
        case
            when links.employee_id is not null then 'hr:' || links.employee_id
            when links.email is not null then 'mail:' || links.email
            else links.vendor || ':' || links.principal
        end as person_id,
        coalesce(periods.team, '(no team)') as team,
        coalesce(periods.division, '(none)') as division,
        coalesce(periods.cost_center, '(none)') as person_cost_center,
        coalesce(periods.segment, '(none)') as segment,
        case when periods.employee_id is not null then 'hr' else 'not_in_roster' end as team_method,
        links.match_method,
        links.match_confidence,
        links.unmatched_reason
    from links
    left join periods
        on links.employee_id = periods.employee_id and links.day >= periods.valid_from and links.day < periods.valid_to
)

select * from final
