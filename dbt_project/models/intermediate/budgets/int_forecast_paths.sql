{#
    Tuned on seeds of the sandbox that the score does not use (docs/budgets.md). A trend was tried: two months of daily bills are too noisy for it,
    and the newer days' weight follows growth as well.

    Plain metered use has two forecasts, which err for different reasons: the level of weeks, and the month's own run-rate. They count the same once
    a whole week of the month is known; so the weeks may be remembered longer than where they stand alone.
#}
{% set is_plain = "component = 'usage' and cycle_day is null" %}
{% set half_life = "case when " ~ is_plain ~ " then 28.0 else 12.0 end" %}
{% set level_days = 56 %}
{% set memory_days = 112 %}
{% set key = ['as_of', 'month', 'vendor', 'account', 'component'] %}

with calendar as (
    select *, extract(isodow from day) as weekday from {{ ref('int_calendar') }}
),

holidays as (
    select * from {{ ref('int_holiday_shares') }}
),

days as (
    select * from {{ ref('int_forecast_days') }}
),

pools as (
    select * from {{ ref('int_forecast_pools') }}
),

months as (
    select distinct month
    from calendar
    where month > {{ dbt.dateadd('day', -var('forecast_mornings'), as_of()) }}
        and month >= (select cast({{ dbt.date_trunc('month', 'min(day)') }} as date) from days)
),

-- Every morning of the last months: today's forecast, and those that were to be had before, by which it is judged. In the first half of a month
-- the last days of the one before may still come.
mornings as (
    select calendar.day as as_of, calendar.month
    from calendar
    inner join months on calendar.month = months.month
    where calendar.day <= {{ as_of() }}
    union all
    select calendar.day as as_of, months.month
    from calendar
    inner join months on calendar.month = {{ dbt.dateadd('month', 1, 'months.month') }}
    where calendar.day <= {{ as_of() }} and extract(day from calendar.day) <= 15
    union all
    -- What became of the months before, as it is known today.
    select {{ as_of() }} as as_of, month
    from months
    where {{ dbt.dateadd('day', 15, dbt.dateadd('month', 1, 'month')) }} <= {{ as_of() }}
),

-- What was known on a morning of the days before it. Nothing that came later takes part.
known as (
    select
        mornings.as_of,
        mornings.month,
        days.vendor,
        days.account,
        days.component,
        days.day,
        calendar.weekday,
        calendar.weekday >= 6 as is_weekend,
        coalesce(holidays.holiday_share, 0) as holiday_share,
        days.is_whole,
        days.consumption_usd,
        days.billed_usd,
        days.cycle_anchor_day,
        -- What is forecast day by day: of a pool what is consumed, of all else what it costs.
        cast(case when days.component = 'pooled' then days.consumption_usd else days.billed_usd end as double) as amount,
        {{ cycle_day('days.day', 'days.cycle_anchor_day') }} as cycle_day,
        cast({{ dbt.datediff('days.day', 'mornings.as_of', 'day') }} as integer) as age
    from mornings
    inner join days
        on days.day < mornings.as_of
        and days.day >= least({{ dbt.dateadd('day', -memory_days, 'mornings.as_of') }}, mornings.month)
        and days.known_from <= mornings.as_of
        and days.known_until > mornings.as_of
    inner join calendar on days.day = calendar.day
    left join holidays on days.day = holidays.day
),

-- The week: what a weekend day is to a working day. Few days know little, so that a plain week (a weekend day is three tenths) counts as two.
weeks as (
    select
        {{ key | join(', ') }},
        avg(case when not is_weekend then amount end) as workday,
        case
            when component = 'seat' then 1
            else least(
                (coalesce(sum(case when is_weekend then amount end) / nullif(avg(case when not is_weekend then amount end), 0), 0) + 0.6)
                / (count(case when is_weekend then 1 end) + 2), 1.5
            )
        end as weekend_weight
    from known
    where is_whole and age <= {{ level_days }} and holiday_share < 0.05
    group by {{ key | join(', ') }}
),

weekdays as (
    select
        {% for column in key %}known.{{ column }}, {% endfor %}
        known.weekday,
        -- A weekday has eight days to show that it is not like the others; it must convince six more.
        (sum(known.amount) / nullif(max(case when known.is_weekend then weeks.workday * weeks.weekend_weight else weeks.workday end), 0) + 6)
            / (count(*) + 6) as own_weight
    from known
    inner join weeks on {% for column in key %}known.{{ column }} = weeks.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where known.is_whole and known.age <= 56 and known.holiday_share < 0.05
    group by {% for column in key %}known.{{ column }}, {% endfor %}known.weekday
),

-- What of the consumption is charged on a day of the vendor's billing cycle, where use is included until a seat's part is spent.
cycle_days as (
    select
        {{ key | join(', ') }}, cycle_day, sum(billed_usd) as charged, sum(consumption_usd) as consumed
    from known
    where cycle_day is not null and is_whole and component = 'usage'
    group by {{ key | join(', ') }}, cycle_day
),

cycles as (
    select
        {% for column in key %}at_day.{{ column }}, {% endfor %}
        at_day.cycle_day,
        greatest(cast(sum(near.charged) as double) / nullif(cast(sum(near.consumed) as double), 0), 0.001) as charged_share
    from cycle_days as at_day
    inner join cycle_days as near
        on {% for column in key %}at_day.{{ column }} = near.{{ column }} and {% endfor %}
        near.cycle_day >= at_day.cycle_day - 2 and near.cycle_day <= at_day.cycle_day + 2
    group by {% for column in key %}at_day.{{ column }}, {% endfor %}at_day.cycle_day
),

-- Days that count on a morning, and all days of its month, each with what it weighs beside a plain working day.
series as (
    select {{ key | join(', ') }}, max(cycle_anchor_day) as cycle_anchor_day, count(billed_usd) > 0 as has_bill
    from known
    group by {{ key | join(', ') }}
),

timeline as (
    select
        {% for column in key %}series.{{ column }}, {% endfor %}
        calendar.day,
        series.has_bill,
        calendar.month = series.month as is_of_month,
        cast({{ dbt.datediff('calendar.day', 'series.as_of', 'day') }} as integer) as age,
        calendar.weekday,
        calendar.weekday >= 6 as is_weekend,
        coalesce(holidays.holiday_share, 0) as holiday_share,
        {{ cycle_day('calendar.day', 'series.cycle_anchor_day') }} as cycle_day
    from series
    inner join calendar
        on calendar.day >= least({{ dbt.dateadd('day', -memory_days, 'series.as_of') }}, series.month)
        and calendar.day < {{ dbt.dateadd('month', 1, 'series.month') }}
    left join holidays on calendar.day = holidays.day
),

weighed as (
    select
        timeline.*,
        known.is_whole,
        known.amount,
        known.consumption_usd,
        known.billed_usd,
        case
            when timeline.component = 'seat' then 1
            else coalesce(weekdays.own_weight, 1)
                * (
                    case when timeline.is_weekend then coalesce(weeks.weekend_weight, 0.3) else 1 end
                    - cast(timeline.holiday_share as double)
                    * case when timeline.is_weekend then 0 else greatest(1 - coalesce(weeks.weekend_weight, 0.3), 0) end
                )
                * case when timeline.cycle_day is null then 1 else coalesce(cycles.charged_share, 0.5) end
        end as weight
    from timeline
    left join known
        on {% for column in key + ['day'] %}timeline.{{ column }} = known.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    left join weeks on {% for column in key %}timeline.{{ column }} = weeks.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    left join weekdays
        on {% for column in key + ['weekday'] %}timeline.{{ column }} = weekdays.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    left join cycles
        on {% for column in key + ['cycle_day'] %}timeline.{{ column }} = cycles.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
),

-- A first idea of the level that no single day can move.
medians as (
    select {{ key | join(', ') }}, median(amount / nullif(weight, 0)) as level
    from weighed
    where is_whole and age <= 28 and (component = 'seat' and age <= 7 or component <> 'seat' and not is_weekend)
    group by {{ key | join(', ') }}
),

-- A young day far below it has not come whole, whatever the vendor says; a day far above it says little of the days to come.
judged as (
    select
        weighed.*,
        medians.level as median_level,
        coalesce(weighed.is_whole, false)
        and not (
            weighed.age <= 6 and weighed.component <> 'seat' and not weighed.is_weekend
            and weighed.amount < 0.35 * medians.level * weighed.weight
        ) as counts,
        case
            when medians.level > 0 and weighed.component <> 'seat' then least(weighed.amount, 5 * medians.level * weighed.weight)
            else weighed.amount
        end as tamed
    from weighed
    left join medians on {% for column in key %}weighed.{{ column }} = medians.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
),

levels as (
    select
        {{ key | join(', ') }},
        max(median_level) as median_level,
        {{ weighted_level('age <= ' ~ level_days, half_life) }} as level,
        cast(sum(case when {{ is_plain }} and is_of_month and is_whole then cast(tamed as decimal(28, 9)) end) as double)
            / nullif(count(case when is_of_month and is_whole then 1 end), 0) as run_rate,
        least(count(case when is_of_month and is_whole then 1 end) / 7.0, 1) / 2 as run_rate_share
    from judged
    where age > 0
    group by {{ key | join(', ') }}
),

expected as (
    select
        judged.*,
        cast(
            case
                -- Seats are billed evenly by the day, or all on one day, which then has been.
                when judged.component = 'seat' then levels.median_level
                when levels.run_rate is not null
                    then (1 - levels.run_rate_share) * levels.level * judged.weight + levels.run_rate_share * levels.run_rate
                else levels.level * judged.weight
            end as decimal(28, 6)
        ) as expected_amount
    from judged
    inner join levels on {% for column in key %}judged.{{ column }} = levels.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where judged.is_of_month
),

-- Of a day that came in part at least what came.
filled as (
    select
        {{ key | join(', ') }},
        day,
        counts as is_known,
        has_bill,
        consumption_usd,
        billed_usd,
        case
            when counts then cast(0 as decimal(28, 6))
            else greatest(expected_amount - coalesce(cast(amount as decimal(28, 6)), 0), 0)
        end as missing_amount,
        expected_amount
    from expected
),

month_pools as (
    select mornings.as_of, mornings.month, pools.vendor, pools.account, max(pools.pool_usd) as pool_usd
    from mornings
    inner join pools
        on pools.day >= mornings.month and pools.day < {{ dbt.dateadd('month', 1, 'mornings.month') }} and pools.day <= mornings.as_of
    group by mornings.as_of, mornings.month, pools.vendor, pools.account
),

-- What of the pool is left: nothing where use beyond it was charged already. Where nobody says how large it is, it does not run out.
pooled as (
    select
        filled.*,
        case
            when filled.component <> 'pooled' then null
            when sum(coalesce(filled.billed_usd, 0)) over whole_month > 0 then 0
            else cast(month_pools.pool_usd as double) - cast(sum(coalesce(filled.consumption_usd, 0)) over whole_month as double)
        end as pool_left,
        sum(filled.missing_amount) over so_far as missing_so_far,
        month_pools.pool_usd
    from filled
    left join month_pools
        on filled.component = 'pooled'
        and filled.as_of = month_pools.as_of
        and filled.month = month_pools.month
        and filled.vendor = month_pools.vendor
        and filled.account = month_pools.account
    window
        whole_month as (partition by {% for column in key %}filled.{{ column }}{{ ', ' if not loop.last }}{% endfor %}),
        so_far as (
            partition by {% for column in key %}filled.{{ column }}{{ ', ' if not loop.last }}{% endfor %} order by filled.day
            rows between unbounded preceding and current row
        )
),

final as (
    select
        {{ key | join(', ') }},
        day,
        is_known,
        consumption_usd,
        billed_usd,
        pool_usd,
        cast(missing_amount as {{ money_type() }}) as expected_use_usd,
        cast(
            case
                when not has_bill then null
                when component <> 'pooled' then missing_amount
                when pool_left is null then 0
                else greatest(missing_so_far - greatest(pool_left, 0), 0)
                    - greatest(missing_so_far - missing_amount - greatest(pool_left, 0), 0)
            end as {{ money_type() }}
        ) as expected_usd
    from pooled
)

select * from final
