-- Every finding, one shape. People's findings pass through an alert budget: so many a week and thousand people, the largest first.
with vendor_days as (
    select * from {{ ref('int_signal_vendor_days') }}
),

team_days as (
    select * from {{ ref('int_signal_team_days') }}
),

user_days as (
    select day_number, user_key from {{ ref('int_signal_user_days') }}
    where not after_outage
),

user_scores as (
    select * from {{ ref('int_signal_user_scores') }}
),

workflow_findings as (
    select * from {{ ref('int_signal_workflow_findings') }}
),

candidates as (
    select
        day_number, vendor, user_key, team, 'spike' as kind, spike_score as score,
        amount as actual, expected, expected * exp(2 * spread) as upper, excess, lone_z as z
    from user_scores
    where spike_score is not null
    union all
    select
        day_number, vendor, user_key, team, 'slow_change' as kind, slow_score as score,
        amount as actual, expected, expected * exp(2 * spread) as upper, week_excess as excess, week_z as z
    from user_scores
    where slow_score is not null
),

weeks as (
    select
        cast(floor(day_number / 7.0) as integer) as week,
        count(distinct user_key) as active_people
    from user_days
    group by cast(floor(day_number / 7.0) as integer)
),

-- Eight weeks before the week that is judged: as many scores are let through as the budget has room for.
room as (
    select
        weeks.week,
        count(past.week) as past_weeks,
        avg(past.active_people) as active_people
    from weeks
    inner join weeks as past on past.week between weeks.week - 8 and weeks.week - 1
    group by weeks.week
),

-- One person's many days are one finding.
tallest as (
    select room.week, room.past_weeks, room.active_people, candidates.vendor, candidates.user_key, max(candidates.score) as score
    from room
    inner join candidates
        on candidates.day_number >= (room.week - 8) * 7
        and candidates.day_number < room.week * 7
    where room.past_weeks >= 4
    group by room.week, room.past_weeks, room.active_people, candidates.vendor, candidates.user_key
),

ranked as (
    select
        week,
        greatest(9, round(1.7 * active_people / 1000 * past_weeks)) as let_through,
        score,
        row_number() over (partition by week order by score desc) as place
    from tallest
),

thresholds as (
    select week, min(score) as threshold
    from ranked
    where place <= let_through
    group by week
),

over_threshold as (
    select
        candidates.*,
        thresholds.threshold,
        lag(candidates.day_number) over (
            partition by candidates.vendor, candidates.user_key, candidates.kind order by candidates.day_number
        ) as fired_before,
        -- A spike lifts the sum of the days too: it is told once.
        max(case when candidates.kind = 'spike' then candidates.day_number end) over (
            partition by candidates.vendor, candidates.user_key
            order by candidates.day_number range between 7 preceding and current row
        ) as spiked_on
    from candidates
    inner join thresholds
        on cast(floor(candidates.day_number / 7.0) as integer) = thresholds.week
        and candidates.score >= thresholds.threshold
),

surges as (
    select
        *,
        lag(day_number) over (partition by team order by day_number, surge_score desc) as fired_before
    from team_days
    where is_surge
),

final as (
    select
        day_number, 'vendor' as level, vendor as entity, vendor, kind,
        case
            when kind in ('missing', 'partial', 'late') then 1 + greatest(-gap, 0) else 1 + abs(jump)
        end as score,
        -- Of a day that is held the ledger knows nobody.
        case when not is_held then cast(known_users as double) end as actual, expected_users as expected, cast(null as double) as upper,
        cast(null as double) as excess, coalesce(jump_z, -gap / greatest(gap_spread, 0.02)) as z, cast(null as double) as threshold,
        cast(null as double) as volume, cast(null as double) as model_mix, cast(null as double) as price, cast(null as double) as retries,
        cast(null as double) as cache
    from vendor_days
    where is_faulty
    union all
    select
        day_number, 'user', user_key, vendor, kind, score, actual, expected, upper, excess, z, threshold,
        cast(null as double), cast(null as double), cast(null as double), cast(null as double), cast(null as double)
    from over_threshold
    where kind = 'spike' or (spiked_on is null and (fired_before is null or day_number - fired_before > 21))
    union all
    select
        day_number, 'team', team, vendor, 'surge', surge_score, amount, expected, cast(null as double), excess, mean_z, 4.0,
        cast(null as double), cast(null as double), cast(null as double), cast(null as double), cast(null as double)
    from surges
    where fired_before is null or day_number - fired_before > 14
    union all
    select
        day_number, 'workflow', workflow, '*', kind, score, actual, expected, cast(null as double), excess, score,
        cast(null as double), volume, model_mix, price, retries, cache
    from workflow_findings
)

select * from final
