with team_weeks as (
    select *, cast({{ dbt.dateadd('day', 6, 'week') }} as date) as last_day from {{ ref('spend_per_team_weekly') }}
),

roster as (
    select * from {{ ref('stg_hr__roster') }}
),

blockers as (
    select distinct month from {{ ref('int_close_blockers') }}
),

-- A team whose people are on several cost centres is charged to none of them.
team_centers as (
    select team_weeks.week, team_weeks.team, min(roster.cost_center) as cost_center
    from (select distinct week, last_day, team from team_weeks) as team_weeks
    inner join roster
        on team_weeks.team = roster.team and team_weeks.last_day >= roster.valid_from and team_weeks.last_day < roster.valid_to
    where roster.cost_center is not null
    group by team_weeks.week, team_weeks.team
    having count(distinct roster.cost_center) = 1
),

placed as (
    select
        team_weeks.*,
        cast({{ dbt.date_trunc('month', 'team_weeks.last_day') }} as date) as month,
        case
            when team_weeks.team like '(%' then team_weeks.team
            else coalesce(team_centers.cost_center, '(no cost centre)')
        end as cost_center
    from team_weeks
    left join team_centers on team_weeks.week = team_centers.week and team_weeks.team = team_centers.team
),

summed as (
    select month, cost_center, vendor, series, {{ sum_money('effective_usd') }} as effective_usd
    from placed
    group by month, cost_center, vendor, series
),

-- Cost centres are charged only what is reconciled: before that, figures are for information.
final as (
    select
        summed.month,
        summed.cost_center,
        summed.vendor,
        summed.series,
        summed.effective_usd,
        case
            when summed.month in (
                {% for month in var('closed_months') %}cast('{{ month }}' as date), {% endfor %}cast(null as date)
            ) then 'chargeback'
            when blockers.month is null and {{ dbt.dateadd('month', 1, 'summed.month') }} <= {{ as_of() }} then 'chargeback'
            else 'showback'
        end as kind,
        'effective cost of ISO weeks that end in the month, by the one cost centre of the team' as rule
    from summed
    left join blockers on summed.month = blockers.month
)

select * from final
