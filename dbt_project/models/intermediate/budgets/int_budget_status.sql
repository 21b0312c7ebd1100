{% set key = ['month', 'scope', 'scope_id', 'vendor'] %}
{% set stages = [('early_warning', '0.60'), ('review', '0.80'), ('policy', '0.95')] %}

with forecasts as (
    select * from {{ ref('int_budget_forecasts') }}
),

plans as (
    select * from {{ ref('int_budget_plans') }}
),

paths as (
    select * from {{ ref('int_forecast_paths') }}
),

mornings as (
    select
        forecasts.*,
        plans.budget_usd,
        forecasts.as_of < {{ dbt.dateadd('month', 1, 'forecasts.month') }} as is_running,
        case when plans.budget_usd > 0 then cast(forecasts.spent_usd as double) / cast(plans.budget_usd as double) end as spent_share,
        forecasts.forecast_usd >= plans.budget_usd as is_over
    from forecasts
    left join plans
        on {% for column in key %}forecasts.{{ column }} = plans.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
),

told_twice as (
    select *, is_over and coalesce(lag(is_over) over (partition by {{ key | join(', ') }} order by as_of), false) as is_over_again
    from mornings
),

-- The first morning on which a stage was reached, by what was known then. A forecast beyond the budget on two mornings in a row is early enough for
-- a warning; reviews and policy wait for the money.
fired as (
    select
        {{ key | join(', ') }},
        min(case when is_over_again and is_running then as_of end) as forecast_over_on,
        {% for stage, share in stages %}
        min(case when spent_share >= {{ share }} then as_of end) as {{ stage }}_spent_on{{ ',' if not loop.last }}
        {% endfor %}
    from told_twice
    group by {{ key | join(', ') }}
),

newest as (
    select *
    from (
        select *, row_number() over (partition by {{ key | join(', ') }} order by as_of desc) as place
        from mornings
    ) as ranked
    where place = 1
),

-- Forecasts of months that are over and whole, and what came of them.
outcomes as (
    select
        mornings.scope,
        extract(day from mornings.as_of) as morning,
        cast(cast(newest.spent_usd as double) / nullif(cast(mornings.forecast_usd as double), 0) as decimal(18, 6)) as outcome_to_forecast,
        cast(abs(cast(mornings.forecast_usd - newest.spent_usd as double)) / nullif(cast(newest.spent_usd as double), 0) as decimal(18, 6)) as error
    from mornings
    inner join newest on {% for column in key %}mornings.{{ column }} = newest.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where mornings.is_running
        and not newest.is_running
        and newest.known_days = extract(day from {{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'newest.month')) }})
        and newest.spent_usd > 0
        and mornings.forecast_usd > 0
),

-- Of the same kind of scope and about the same day of the month. Less than ten of them prove nothing.
errors as (
    select
        newest.{{ key | join(', newest.') }},
        count(*) as judged_forecasts,
        percentile_cont(0.1) within group (order by outcomes.outcome_to_forecast) as low_factor,
        percentile_cont(0.9) within group (order by outcomes.outcome_to_forecast) as high_factor,
        percentile_cont(0.5) within group (order by outcomes.error) as error_p50,
        percentile_cont(0.9) within group (order by outcomes.error) as error_p90
    from newest
    inner join outcomes
        on newest.scope = outcomes.scope and abs(extract(day from newest.as_of) - outcomes.morning) <= 2
    where newest.is_running
    group by newest.{{ key | join(', newest.') }}
    having count(*) >= 10
),

banded as (
    select
        newest.*,
        errors.judged_forecasts,
        errors.error_p50,
        errors.error_p90,
        {% for side, function in [('low', 'least'), ('high', 'greatest')] %}
        case
            when errors.{{ side }}_factor is not null then greatest(
                cast(cast(newest.forecast_usd as double) * cast({{ function }}(errors.{{ side }}_factor, 1) as double) as decimal(28, 6)), newest.spent_usd
            )
        end as forecast_{{ side }}_usd{{ ',' if not loop.last }}
        {% endfor %}
    from newest
    left join errors on {% for column in key %}newest.{{ column }} = errors.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
),

-- The running month day by day, for the day on which a budget is spent: as expected, and along both sides of the band.
expected_days as (
    select month, day, 'organisation' as scope, '(all)' as scope_id, billed_usd, expected_usd
    from paths
    where as_of = {{ as_of() }} and month = cast({{ dbt.date_trunc('month', as_of()) }} as date)
    union all
    select month, day, 'vendor' as scope, vendor as scope_id, billed_usd, expected_usd
    from paths
    where as_of = {{ as_of() }} and month = cast({{ dbt.date_trunc('month', as_of()) }} as date)
),

by_day as (
    select month, day, scope, scope_id, sum(coalesce(billed_usd, 0)) as billed_usd, sum(coalesce(expected_usd, 0)) as expected_usd
    from expected_days
    group by month, day, scope, scope_id
),

so_far as (
    select
        month, day, scope, scope_id,
        sum(billed_usd) over up_to as billed_usd, cast(sum(expected_usd) over up_to as double) as expected
    from by_day
    window up_to as (partition by month, scope, scope_id order by day rows between unbounded preceding and current row)
),

exhausted as (
    select
        banded.month, banded.scope, banded.scope_id, banded.vendor
        {% for name, column in [('exhausted_on', 'forecast_usd'), ('exhausted_first_on', 'forecast_high_usd'), ('exhausted_last_on', 'forecast_low_usd')] %},
        min(
            case
                when cast(so_far.billed_usd as double)
                    + so_far.expected * coalesce(cast(banded.{{ column }} - banded.spent_usd as double) / nullif(cast(banded.expected_usd as double), 0), 1)
                    >= cast(banded.budget_usd as double) and banded.{{ column }} is not null
                    then so_far.day
            end
        ) as {{ name }}
        {% endfor %}
    from banded
    inner join so_far on banded.month = so_far.month and banded.scope = so_far.scope and banded.scope_id = so_far.scope_id
    where banded.vendor = '(all)'
    group by banded.month, banded.scope, banded.scope_id, banded.vendor
),

final as (
    select
        {% for column in key %}banded.{{ column }}, {% endfor %}
        banded.as_of,
        banded.is_running,
        banded.budget_usd,
        banded.spent_usd,
        banded.spent_share,
        banded.forecast_usd,
        banded.forecast_low_usd,
        banded.forecast_high_usd,
        cast(banded.error_p50 as decimal(18, 6)) as forecast_error_p50,
        cast(banded.error_p90 as decimal(18, 6)) as forecast_error_p90,
        coalesce(banded.judged_forecasts, 0) as judged_forecasts,
        banded.known_days,
        exhausted.exhausted_on,
        exhausted.exhausted_first_on,
        exhausted.exhausted_last_on,
        case
            when banded.budget_usd is null or banded.spent_usd is null then null
            when fired.policy_spent_on is not null then 'policy'
            when fired.review_spent_on is not null then 'review'
            when coalesce(fired.early_warning_spent_on, fired.forecast_over_on) is not null then 'early_warning'
            else 'ok'
        end as stage,
        least(coalesce(fired.early_warning_spent_on, fired.forecast_over_on), coalesce(fired.forecast_over_on, fired.early_warning_spent_on))
            as early_warning_on,
        fired.review_spent_on as review_on,
        fired.policy_spent_on as policy_on,
        -- What was spent is less now than when the stage fired: it stays, as somebody acted on it.
        coalesce(
            case
                when fired.policy_spent_on is not null then banded.spent_share < 0.95
                when fired.review_spent_on is not null then banded.spent_share < 0.80
                when fired.early_warning_spent_on is not null then banded.spent_share < 0.60
            end, false
        ) as is_restated
    from banded
    inner join fired on {% for column in key %}banded.{{ column }} = fired.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    left join exhausted on {% for column in key %}banded.{{ column }} = exhausted.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
)

select * from final
