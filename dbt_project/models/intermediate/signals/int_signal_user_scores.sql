-- How far each person's day stands out once their team is taken away: of a single day (spike), and of a slow change.
with user_days as (
    select * from {{ ref('int_signal_user_days') }}
    where not after_outage
),

team_days as (
    select * from {{ ref('int_signal_team_days') }}
),

alone as (
    select
        user_days.*,
        user_days.z - coalesce(team_days.team_mode, 0) as lone_z
    from user_days
    left join team_days on user_days.day_number = team_days.day_number and user_days.team = team_days.team and user_days.vendor = team_days.vendor
),

-- The slow change is measured against days of two to six weeks ago, which it has not yet lifted.
against_past as (
    select
        *,
        greatest(-3, least(3,
            lone_z - coalesce(
                {{ median_over('lone_z', '(partition by vendor, user_key order by day_number range between 42 preceding and 8 preceding)') }}, 0
            )
        )) as past_z
    from alone
),

summed as (
    select
        *,
        sum(past_z - 0.75) over (partition by vendor, user_key order by day_number rows unbounded preceding) as running
    from against_past
),

raised as (
    select
        *,
        running - least(running, coalesce(min(running) over (
            partition by vendor, user_key order by day_number range between 14 preceding and 1 preceding
        ), 0)) as raised_sum,
        avg(past_z) over week as week_z,
        sum(excess) over week as week_excess,
        count(*) over week as week_days
    from summed
    window week as (partition by vendor, user_key order by day_number range between 6 preceding and current row)
),

-- Evidence and dollars, on one scale for both: what is improbable and cheap ranks below what is less improbable and dear.
scored as (
    select
        day_number,
        vendor,
        user_key,
        team,
        amount,
        expected,
        spread,
        excess,
        lone_z,
        week_excess,
        week_z,
        case when lone_z >= 2 and excess >= 5 then 0.4 * least(lone_z * lone_z, 40) + ln(excess) end as spike_score,
        case
            when raised_sum >= 3 and week_z >= 0.8 and week_excess >= 40 and week_days >= 3
                then 0.8 * raised_sum + ln(week_excess) - 1
        end as slow_score
    from raised
),

final as (
    select * from scored
    where spike_score is not null or slow_score is not null
)

select * from final
