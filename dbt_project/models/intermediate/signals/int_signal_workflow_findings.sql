-- What is wrong with a workflow's cost per run, or with what it delivers. More runs at the same cost are nothing wrong.
with days as (
    select *, ln(amount / runs) as unit_level
    from {{ ref('int_signal_workflow_days') }}
),

centred as (
    select
        *,
        median(unit_level) over before as usual_level,
        -- What a run cost on the days of the same model: a model that is new to the workflow has no such day.
        median(unit_level) over (
            partition by workflow, model order by day_number range between 42 preceding and 1 preceding
        ) as model_level,
        count(*) over before as usual_days,
        median(runs) over before as usual_runs,
        -- Beyond what the six weeks before make usual; NULL where either is unknown.
        retried - runs * sum(retried) over before / nullif(sum(case when retried is not null then runs end) over before, 0) as retries_part,
        (sum(cached_tokens) over before / nullif(sum(input_tokens) over before, 0) * input_tokens - cached_tokens)
            * cache_saves / nullif(cached_tokens, 0) as cache_part,
        model <> lag(model) over (partition by workflow order by day_number) as swapped
    from days
    window before as (partition by workflow order by day_number range between 42 preceding and 1 preceding)
),

moved as (
    select *, unit_level - usual_level as deviation
    from centred
    where usual_days >= 5
),

-- The mean of few runs scatters more: what one run scatters is learned from all days of the workflow, wild ones capped.
scattered as (
    select
        *,
        1.4826 * median(abs(deviation) * sqrt(least(runs, 50))) over before as run_spread,
        count(*) over before as spread_days
    from moved
    window before as (partition by workflow order by day_number range between 42 preceding and 1 preceding)
),

measured as (
    select
        *,
        sqrt(power(greatest((coalesce(run_spread, 0.4) * spread_days + 0.4 * 5) / (spread_days + 5), 0.2), 2) / least(runs, 50) + 0.004) as day_spread,
        amount - runs * exp(usual_level) as excess
    from scattered
),

looped as (
    select
        *,
        usual_days >= 8
            and deviation >= case when runs >= 3 then ln(6) else ln(8) end
            and deviation >= 6 * day_spread
            -- Where another model took over, its price is no loop.
            and coalesce(unit_level - model_level, 0) >= ln(3)
            and excess >= 5 as is_loop
    from measured
),

-- What changed for good is seen in days that were no loop.
steady as (
    select * from looped
    where not is_loop
),

last_swap as (
    select
        *,
        max(case when swapped then day_number end) over (
            partition by workflow order by day_number range between 10 preceding and current row
        ) as swap_day
    from steady
),

-- Days since the swap against the six weeks before it.
before_swap as (
    select workflow, day_number as swap_day, usual_level as swap_level
    from steady
    where swapped and usual_days >= 8
),

since as (
    select
        last_swap.*,
        before_swap.swap_level,
        case when last_swap.swap_day is not null then
            ln(sum(amount) over since_swap / sum(runs) over since_swap) - before_swap.swap_level
        end as swap_shift,
        sum(runs) over since_swap as swap_runs,
        count(*) over since_swap as swap_days,
        least(
            median(deviation) over three_days + 0.1,
            ln(sum(amount) over three_days / sum(runs * exp(usual_level)) over three_days)
        ) as three_day_shift,
        sum(runs) over three_days as three_day_runs,
        count(*) over three_days as three_days,
        median(unit_level) over week - median(unit_level) over long_ago as week_shift,
        sum(runs) over week as week_runs,
        count(*) over week as week_days,
        count(*) over long_ago as long_ago_days,
        sum(amount) over week - sum(runs) over week * exp(median(unit_level) over long_ago) as week_excess
    from last_swap
    left join before_swap on last_swap.workflow = before_swap.workflow and last_swap.swap_day = before_swap.swap_day
    window
        since_swap as (partition by last_swap.workflow, last_swap.swap_day order by last_swap.day_number),
        three_days as (partition by last_swap.workflow order by last_swap.day_number rows between 2 preceding and current row),
        week as (partition by last_swap.workflow order by last_swap.day_number range between 9 preceding and current row),
        long_ago as (partition by last_swap.workflow order by last_swap.day_number range between 70 preceding and 21 preceding)
),

shifted as (
    select
        *,
        case
            when swap_shift >= ln(1.4)
                and swap_shift >= 3.5 * sqrt(power(greatest(coalesce(run_spread, 0.4), 0.2), 2) / least(swap_runs, 50) + 0.004)
                and (swap_days >= 2 or swap_shift >= 6 * day_spread)
                then 'model_swap'
            when swap_day is null and three_days = 3
                and three_day_shift >= ln(1.6)
                and three_day_shift >= 5 * sqrt(power(greatest(coalesce(run_spread, 0.4), 0.2), 2) / least(three_day_runs / 1.57, 50) + 0.004)
                then 'cost_shift'
            when swap_day is null and week_days >= 5 and long_ago_days >= 10
                and week_shift >= ln(1.6)
                and week_shift >= 4 * sqrt(power(greatest(coalesce(run_spread, 0.4), 0.2), 2) / least(week_runs / 1.57, 100) + 0.004)
                then 'drift'
        end as shift_kind
    from since
),

-- One finding per change: a change that goes on is the same change.
shifts as (
    select
        *,
        lag(day_number) over (partition by workflow order by day_number) as shifted_before
    from shifted
    where shift_kind is not null
),

-- How much likelier the deliveries of a day are where next to nothing works than where all is as usual.
delivering as (
    select
        *,
        delivered * ln(0.05 / usual_share) + (runs - delivered) * ln(0.95 / (1 - usual_share)) as barren_weight
    from (
        select
            *,
            least(greatest((coalesce(sum(delivered) over before, 0) + 2.0) / (coalesce(sum(runs) over before, 0) + 3.0), 0.3), 0.93) as usual_share
        from centred
        window before as (partition by workflow order by day_number range between 42 preceding and 1 preceding)
    ) as with_share
),

weighed as (
    select
        *,
        sum(barren_weight) over (partition by workflow order by day_number range between 1 preceding and current row) as two_day_weight,
        sum(barren_weight) over (partition by workflow order by day_number range between 4 preceding and current row) as five_day_weight
    from delivering
),

barren as (
    select
        *,
        lag(day_number) over (partition by workflow order by day_number) as barren_before
    from weighed
    where usual_days >= 8
        and usual_share >= 0.4
        and barren_weight > 0
        and greatest(two_day_weight, five_day_weight) >= 10
),

final as (
    select
        day_number, workflow, team, 'loop' as kind, deviation / day_spread as score,
        amount as actual, runs * exp(usual_level) as expected, excess,
        (runs - usual_runs) * exp(usual_level) as volume, cast(null as double) as model_mix,
        price_moved as price, retries_part as retries, cache_part as cache
    from looped
    where is_loop
    union all
    select
        day_number, workflow, team, shift_kind as kind,
        coalesce(case when shift_kind = 'model_swap' then swap_shift when shift_kind = 'cost_shift' then three_day_shift else week_shift end, 0)
            / day_spread as score,
        amount as actual,
        runs * exp(case
            when shift_kind = 'model_swap' then swap_level when shift_kind = 'cost_shift' then usual_level else unit_level - week_shift
        end) as expected,
        amount - runs * exp(case
            when shift_kind = 'model_swap' then swap_level when shift_kind = 'cost_shift' then usual_level else unit_level - week_shift
        end) as excess,
        (runs - usual_runs) * exp(case
            when shift_kind = 'model_swap' then swap_level when shift_kind = 'cost_shift' then usual_level else unit_level - week_shift
        end) as volume,
        case when shift_kind = 'model_swap' then amount - runs * exp(swap_level) end as model_mix,
        price_moved, retries_part, cache_part
    from shifts
    where shifted_before is null or day_number - shifted_before > 21
    union all
    select
        day_number, workflow, team, 'no_delivery' as kind, greatest(two_day_weight, five_day_weight) as score,
        amount as actual, amount * least(delivered / (runs * usual_share), 1) as expected,
        amount * (1 - least(delivered / (runs * usual_share), 1)) as excess,
        cast(null as double) as volume, cast(null as double) as model_mix,
        cast(null as double), cast(null as double), cast(null as double)
    from barren
    where barren_before is null or day_number - barren_before > 7
)

select * from final
