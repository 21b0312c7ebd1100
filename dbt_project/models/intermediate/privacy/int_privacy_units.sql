with people as (
    select * from {{ ref('int_privacy_team_people') }}
),

-- First step of the cascade, a team with all its vendors: those that fail it go together within their division, as far as that passes.
teams as (
    {{ judged('people', ['week', 'series', 'division', 'team']) }}
),

small_people as (
    select people.*
    from people
    inner join teams on people.week = teams.week and people.series = teams.series and people.team = teams.team
    where not teams.passes and people.division not like '(%'
),

division_pools as (
    {{ judged('small_people', ['week', 'series', 'division']) }}
),

division_teams as (
    select week, series, division, count(distinct team) as teams from small_people group by week, series, division
),

by_division as (
    select
        people.*,
        case
            when not teams.passes and division_pools.passes and division_teams.teams > 1 then '(other of ' || people.division || ')'
            else people.team
        end as team_or_division
    from people
    inner join teams on people.week = teams.week and people.series = teams.series and people.team = teams.team
    left join division_pools
        on people.week = division_pools.week and people.series = division_pools.series and people.division = division_pools.division
    left join division_teams
        on people.week = division_teams.week and people.series = division_teams.series and people.division = division_teams.division
),

-- What is left goes together over all divisions, with the next smallest where it takes them.
{{ fold('company', 'by_division', ['week', 'series'], 'team_or_division') }},

final as (
    select distinct
        by_division.week,
        by_division.series,
        by_division.team,
        case when company.is_folded then '(suppressed)' else by_division.team_or_division end as unit
    from by_division
    left join company
        on by_division.week = company.week
        and by_division.series = company.series
        and by_division.team_or_division = company.team_or_division
)

select * from final
