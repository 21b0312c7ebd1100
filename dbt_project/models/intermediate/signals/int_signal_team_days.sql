-- A team that moves together is one finding about the team, and none about its members.
with usage as (
    select * from {{ ref('int_signal_usage') }}
    where in_time and team is not null
),

vendor_days as (
    select * from {{ ref('int_signal_vendor_days') }}
),

user_days as (
    select * from {{ ref('int_signal_user_days') }}
    where not after_outage and team is not null
),

-- Who used a vendor counts among the team's users of it for 30 days more.
stays as (
    select
        team,
        vendor,
        day_number + 1 as first_day,
        least(day_number + 30, coalesce(lead(day_number) over (partition by team, vendor, user_key order by day_number), day_number + 30)) as last_day
    from usage
),

moves as (
    select team, vendor, first_day as day_number, 1 as people from stays
    union all
    select team, vendor, last_day + 1, -1 from stays
),

sizes as (
    select distinct
        team,
        vendor,
        day_number,
        sum(people) over (partition by team, vendor order by day_number) as members
    from moves
),

active as (
    select day_number, vendor, team, count(*) as active_people
    from usage
    group by day_number, vendor, team
),

staffed as (
    select
        active.*,
        greatest(sizes.members, active.active_people) as members
    from active
    asof left join sizes on active.team = sizes.team and active.vendor = sizes.vendor and active.day_number >= sizes.day_number
),

-- Which share of a vendor's users is at work on a day: weekdays and holidays are in it.
attendance as (
    select
        day_number,
        vendor,
        least(greatest(sum(active_people) * 1.0 / sum(coalesce(members, active_people)), 0.05), 0.95) as share_active
    from staffed
    group by day_number, vendor
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
    select day_number, team, count(*) as team_people, avg(z) as team_mean_z, median(z) as team_usual_z
    from people
    group by day_number, team
),

joined as (
    select
        together.*,
        whole_team.team_people,
        whole_team.team_mean_z,
        whole_team.team_usual_z,
        staffed.active_people,
        staffed.members,
        (staffed.active_people - staffed.members * attendance.share_active)
            / sqrt(staffed.members * attendance.share_active * (1 - attendance.share_active)) as attendance_z
    from together
    inner join whole_team on together.day_number = whole_team.day_number and together.team = whole_team.team
    inner join staffed
        on together.day_number = staffed.day_number and together.team = staffed.team and together.vendor = staffed.vendor
    inner join attendance on together.day_number = attendance.day_number and together.vendor = attendance.vendor
),

recent as (
    select
        *,
        avg(mean_z) over (partition by team, vendor order by day_number range between 6 preceding and 1 preceding) as recent_z
    from joined
),

-- A launch lifts a team to two or three times its use for a week or two: a surge is what a launch does not explain.
scored as (
    select
        *,
        greatest(
            case when team_people >= 3 then greatest(team_usual_z, 0) * team_people / (team_people + 3.0) else 0 end,
            case when people >= 3 then greatest(usual_z, 0) * people / (people + 3.0) else 0 end
        ) as team_mode,
        (mean_z - 0.9 - greatest(coalesce(recent_z, 0) - 0.4, 0)) * sqrt(people) + 0.5 * greatest(least(coalesce(attendance_z, 0), 4), -1) as surge_score
    from recent
),

final as (
    select
        *,
        people >= 3 and mean_z >= 1.4 and moved_share >= 0.6 and excess >= 10 and surge_score >= 4.0 as is_surge
    from scored
)

select * from final
