with person_days as (
    select * from {{ ref('int_person_days') }}
),

spend as (
    select * from {{ ref('int_spend_people') }} where not is_person
),

teams as (
    select team, division, team_method, day from person_days
    union all
    select team, '(none)' as division, 'none' as team_method, day from spend
),

-- Where a team moved between divisions, the newest one names it.
latest as (
    select team, division, team_method
    from (
        select *, row_number() over (partition by team order by day desc, division, team_method) as place from teams
    ) as ranked
    where place = 1
),

spans as (
    select team, min(day) as first_day, max(day) as last_day from teams group by team
),

-- Words in brackets are cells of their own and not teams.
final as (
    select
        spans.team,
        latest.division,
        latest.team_method,
        spans.team not like '(%' as is_team,
        spans.first_day,
        spans.last_day
    from spans
    inner join latest on spans.team = latest.team
)

select * from final
