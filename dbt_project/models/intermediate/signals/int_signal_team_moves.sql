-- How the users of a team moved together on each day: at one vendor, and over all vendors.
with user_days as (
    select * from {{ ref('int_signal_user_days') }}
    where not after_outage and team is not null
),

together as (
    select
        day_number, vendor, team,
        count(*) as people,
        avg(z) as mean_z,
        median(z) as usual_z,
        avg(case when z > 1.2 then 1.0 else 0.0 end) as moved_share,
        sum(excess) as excess,
        sum(amount) as amount,
        sum(expected) as expected
    from user_days
    group by day_number, vendor, team
),

-- Who uses several vendors is one person.
people as (
    select day_number, team, user_key, avg(z) as z
    from user_days
    group by day_number, team, user_key
),

whole_team as (
    select day_number, team, count(*) as team_people, median(z) as team_usual_z
    from people
    group by day_number, team
),

final as (
    select
        together.*,
        whole_team.team_people,
        whole_team.team_usual_z
    from together
    inner join whole_team on together.day_number = whole_team.day_number and together.team = whole_team.team
)

select * from final
