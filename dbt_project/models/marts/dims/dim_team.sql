with person_days as (
    select * from {{ ref('int_person_days') }}
),

spend as (
    select * from {{ ref('int_spend_people') }} where not is_person
),

team_weeks as (
    select * from {{ ref('int_team_told') }}
),

calendar as (
    select * from {{ ref('int_calendar') }}
),

teams as (
    select team, division, team_method, day, person_id from person_days
    union all
    select team, '(none)' as division, 'none' as team_method, day, cast(null as varchar) as person_id from spend
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
    select
        teams.team,
        min(calendar.week) as first_day,
        max(calendar.week) as last_day,
        count(distinct teams.person_id) as persons,
        count(teams.person_id) > 0 as has_persons
    from teams
    inner join calendar on teams.day = calendar.day
    group by teams.team
),

told_names as (
    select distinct published_team as team from team_weeks
),

-- Words in brackets are cells of their own and not teams. In whole weeks, and not of a small team: its days would be those of one or two people.
listed as (
    select
        spans.team,
        latest.division,
        latest.team_method,
        spans.team not like '(%' as is_team,
        cast(case when not spans.has_persons or spans.persons >= {{ var('k') }} then spans.first_day end as date) as first_day,
        cast(case when not spans.has_persons or spans.persons >= {{ var('k') }} then spans.last_day end as date) as last_day
    from spans
    inner join latest on spans.team = latest.team
),

final as (
    select * from listed
    union all
    select
        told_names.team,
        '(none)' as division,
        'none' as team_method,
        false as is_team,
        cast(null as date) as first_day,
        cast(null as date) as last_day
    from told_names
    left join listed on told_names.team = listed.team
    where listed.team is null
)

select * from final
