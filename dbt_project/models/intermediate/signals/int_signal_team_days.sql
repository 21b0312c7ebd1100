-- A team that moves together is one finding about the team, and none about its members.
with usage as (
    select * from {{ ref('int_signal_usage') }}
    where in_time and team is not null
),

together as (
    select * from {{ ref('int_signal_team_moves') }}
),

-- Who used a vendor counts among the team's users of it for 30 days more.
stays as (
    select
        team,
        vendor,
        least(day_number + 30, coalesce(lead(day_number) over (partition by team, vendor, user_key order by day_number), day_number + 30)) as last_day
    from usage
),

active as (
    select day_number, vendor, team, count(*) as active_people
    from usage
    group by day_number, vendor, team
),

leaving as (
    select team, vendor, last_day + 1 as day_number, count(*) as people
    from stays
    group by team, vendor, last_day + 1
),

-- Who was active comes in on the day after. The rows that add nobody are the days themselves.
moves as (
    select team, vendor, day_number + 1 as day_number, active_people as people, cast(null as bigint) as active_people from active
    union all
    select team, vendor, day_number, -people, null from leaving
    union all
    select team, vendor, day_number, 0, active_people from active
),

staffed as (
    select team, vendor, day_number, active_people, greatest(members, active_people) as members
    from (
        select *, sum(people) over (partition by team, vendor order by day_number) as members
        from moves
    ) as counted
    where active_people is not null
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

joined as (
    select
        together.*,
        staffed.active_people,
        staffed.members,
        (staffed.active_people - staffed.members * attendance.share_active)
            / sqrt(staffed.members * attendance.share_active * (1 - attendance.share_active)) as attendance_z
    from together
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
