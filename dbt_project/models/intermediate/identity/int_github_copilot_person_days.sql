with links as (
    select * from {{ ref('int_principal_links') }} where vendor = 'github_copilot'
),

periods as (
    select * from {{ ref('int_employee_periods') }}
),

roster as (
    select count(*) as periods from {{ ref('stg_hr__roster') }}
),

github_teams as (
    select * from {{ ref('int_github_teams') }}
),

-- Memberships are listed whole: who is missing from the next list has left the team, also when no other one took the place.
lists as (
    select account, day, lead(day) over (partition by account order by day) as next_day
    from (select distinct account, day from github_teams where origin = 'members') as listed
),

-- The last observation up to the day; before the first one it is inferred backwards, and marked so.
team_periods as (
    select
        github_teams.account,
        github_teams.github_id,
        github_teams.team,
        github_teams.day as valid_from,
        coalesce(
            lists.next_day,
            lead(github_teams.day) over (partition by github_teams.account, github_teams.github_id order by github_teams.day),
            cast('9999-12-31' as date)
        ) as valid_to,
        row_number() over (partition by github_teams.account, github_teams.github_id order by github_teams.day) as place
    from github_teams
    left join lists
        on github_teams.origin = 'members' and github_teams.account = lists.account and github_teams.day = lists.day
),

final as (
    select
        links.vendor,
        links.account,
        links.day,
        links.principal,
        links.github_id,
        case
            when links.employee_id is not null then 'hr:' || links.employee_id
            when links.github_id is not null then 'github:' || cast(links.github_id as varchar)
            else 'login:' || links.principal
        end as person_id,
        coalesce(
            periods.team,
            case when roster.periods = 0 then team_periods.team end,
            '(no team)'
        ) as team,
        coalesce(periods.division, '(none)') as division,
        coalesce(periods.cost_center, '(none)') as person_cost_center,
        coalesce(periods.segment, '(none)') as segment,
        case
            when periods.employee_id is not null then 'hr'
            when roster.periods > 0 then 'not_in_roster'
            when team_periods.team is null then 'none'
            when links.day < team_periods.valid_from then 'github_inferred'
            else 'github'
        end as team_method,
        links.match_method,
        links.match_confidence,
        links.unmatched_reason
    from links
    cross join roster
    left join periods
        on links.employee_id = periods.employee_id and links.day >= periods.valid_from and links.day < periods.valid_to
    left join team_periods
        on links.account = team_periods.account
        and links.github_id = team_periods.github_id
        and roster.periods = 0
        and links.day < team_periods.valid_to
        and (links.day >= team_periods.valid_from or team_periods.place = 1)
)

select * from final
