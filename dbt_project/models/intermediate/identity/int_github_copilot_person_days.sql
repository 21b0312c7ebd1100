with spend as (
    select vendor, account, day, principal as login from {{ ref('int_spend') }} where vendor = 'github_copilot' and principal_kind = 'person'
),

user_days as (
    select * from {{ ref('stg_github_copilot__user_days') }}
),

seats as (
    select * from {{ ref('stg_github_copilot__seats') }}
),

logins as (
    select * from {{ ref('int_github_logins') }}
),

periods as (
    select * from {{ ref('int_person_periods') }}
),

roster as (
    select count(*) as periods from {{ ref('stg_hr__roster') }}
),

github_teams as (
    select * from {{ ref('int_github_teams') }}
),

principal_days as (
    select vendor, account, day, login from spend
    union
    select 'github_copilot' as vendor, account, day, login from user_days where login not like '%[bot]'
    union
    select 'github_copilot' as vendor, account, day, login from seats where login not like '%[bot]'
),

-- A report of the day itself knows the id; a bill knows the login only.
reported_ids as (
    select account, day, login, min(github_id) as github_id
    from (
        select account, day, login, github_id from user_days
        union all
        select account, day, login, github_id from seats
    ) as reported
    group by account, day, login
),

with_ids as (
    select
        principal_days.vendor,
        principal_days.account,
        principal_days.day,
        principal_days.login,
        coalesce(reported_ids.github_id, logins.github_id) as github_id
    from principal_days
    left join reported_ids
        on principal_days.account = reported_ids.account
        and principal_days.day = reported_ids.day
        and principal_days.login = reported_ids.login
    left join logins
        on principal_days.login = logins.login
        and principal_days.day >= logins.valid_from
        and principal_days.day < logins.valid_to
),

-- By id where it is known, else by the login as the roster writes it.
matches as (
    select
        with_ids.*, periods.employee_id, periods.team, periods.division, periods.cost_center, periods.segment
    from with_ids
    inner join periods
        on with_ids.github_id = periods.github_id
        and with_ids.day >= periods.valid_from
        and with_ids.day < periods.valid_to
    union all
    select
        with_ids.*, periods.employee_id, periods.team, periods.division, periods.cost_center, periods.segment
    from with_ids
    inner join periods
        on with_ids.login = periods.login
        and with_ids.day >= periods.valid_from
        and with_ids.day < periods.valid_to
    where with_ids.github_id is null
),

-- Erased people share one word: on a day on which they were in several teams nobody knows any more whose record is whose.
employees as (
    select
        vendor, account, day, login, employee_id,
        case when one_team then team end as team,
        case when one_team then division end as division,
        case when one_team then cost_center end as cost_center,
        case when one_team then segment end as segment
    from (
        select
            *,
            min(team) over (partition by vendor, account, day, login, employee_id)
            = max(team) over (partition by vendor, account, day, login, employee_id) as one_team,
            row_number() over (partition by vendor, account, day, login order by employee_id, team, segment, division, cost_center) as place
        from matches
    ) as ranked
    where place = 1
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
        with_ids.vendor,
        with_ids.account,
        with_ids.day,
        with_ids.login as principal,
        with_ids.github_id,
        case
            when employees.employee_id is not null then 'hr:' || employees.employee_id
            when with_ids.github_id is not null then 'github:' || cast(with_ids.github_id as varchar)
            else 'login:' || with_ids.login
        end as person_id,
        coalesce(
            employees.team,
            case when roster.periods = 0 then team_periods.team end,
            '(no team)'
        ) as team,
        coalesce(employees.division, '(none)') as division,
        coalesce(employees.cost_center, '(none)') as person_cost_center,
        coalesce(employees.segment, '(none)') as segment,
        case
            when employees.employee_id is not null then 'hr'
            when roster.periods > 0 then 'not_in_roster'
            when team_periods.team is null then 'none'
            when with_ids.day < team_periods.valid_from then 'github_inferred'
            else 'github'
        end as team_method
    from with_ids
    cross join roster
    left join employees
        on with_ids.vendor = employees.vendor
        and with_ids.account = employees.account
        and with_ids.day = employees.day
        and with_ids.login = employees.login
    left join team_periods
        on with_ids.account = team_periods.account
        and with_ids.github_id = team_periods.github_id
        and roster.periods = 0
        and with_ids.day < team_periods.valid_to
        and (with_ids.day >= team_periods.valid_from or team_periods.place = 1)
)

select * from final
