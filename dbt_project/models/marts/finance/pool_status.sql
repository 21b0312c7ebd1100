{% set key = ['vendor', 'account', 'month'] %}

with paths as (
    select * from {{ ref('int_forecast_paths') }} where component = 'pooled'
),

told as (
    select distinct vendor, account from {{ ref('spend_by_vendor_daily') }} where series = 'human_usage' and told_on is not null
),

mornings as (
    select
        {{ key | join(', ') }}, as_of,
        max(pool_usd) as pool_usd,
        cast(sum(coalesce(consumption_usd, 0)) as double) as used,
        cast(sum(expected_use_usd) as double) as expected,
        min(case when is_known then 1 else 0 end) = 1 as is_whole,
        as_of < {{ dbt.dateadd('month', 1, 'month') }} as is_running
    from paths
    group by {{ key | join(', ') }}, as_of
),

newest as (
    select *
    from (select *, row_number() over (partition by {{ key | join(', ') }} order by as_of desc) as place from mornings) as ranked
    where place = 1
),

-- How far off the forecasts of use were about this day of the month, in the months that are over.
errors as (
    select
        newest.{{ key | join(', newest.') }},
        percentile_cont(0.1) within group (order by cast(past.used / nullif(mornings.used + mornings.expected, 0) as decimal(18, 6))) as low_factor,
        percentile_cont(0.9) within group (order by cast(past.used / nullif(mornings.used + mornings.expected, 0) as decimal(18, 6))) as high_factor,
        percentile_cont(0.5) within group (order by cast(abs(mornings.used + mornings.expected - past.used) / past.used as decimal(18, 6))) as error_p50
    from newest
    inner join mornings
        on newest.vendor = mornings.vendor and newest.account = mornings.account and mornings.is_running
        and abs(extract(day from newest.as_of) - extract(day from mornings.as_of)) <= 2
    inner join newest as past
        on mornings.vendor = past.vendor and mornings.account = past.account and mornings.month = past.month
        and not past.is_running and past.is_whole and past.used > 0
    where newest.is_running
    group by newest.{{ key | join(', newest.') }}
    having count(*) >= 10
),

days as (
    select
        paths.{{ key | join(', paths.') }}, paths.day, newest.pool_usd, newest.used as all_used, newest.expected as all_expected,
        coalesce(paths.billed_usd, 0) > 0 as is_charged,
        cast(sum(coalesce(paths.consumption_usd, 0)) over up_to as double) as used,
        cast(sum(paths.expected_use_usd) over up_to as double) as expected
    from paths
    inner join newest
        on paths.vendor = newest.vendor and paths.account = newest.account and paths.month = newest.month and paths.as_of = newest.as_of
    window up_to as (
        partition by paths.{{ key | join(', paths.') }} order by paths.day rows between unbounded preceding and current row
    )
),

-- The pool has run out on the first day of which a part was charged, else when use reaches its size.
run_out as (
    select
        days.{{ key | join(', days.') }}
        {% for name, factor in [('runs_out_on', '1'), ('runs_out_first_on', 'greatest(errors.high_factor, 1)'), ('runs_out_last_on', 'least(errors.low_factor, 1)')] %},
        min(
            case
                when days.is_charged and {{ factor }} is not null
                    or days.used + days.expected * greatest(
                        ({{ factor }} * (days.all_used + days.all_expected) - days.all_used) / nullif(days.all_expected, 0), 0
                    ) >= cast(days.pool_usd as double)
                    then days.day
            end
        ) as {{ name }}
        {% endfor %}
    from days
    left join errors on {% for column in key %}days.{{ column }} = errors.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    group by days.{{ key | join(', days.') }}
),

final as (
    select
        newest.month,
        newest.vendor,
        newest.account,
        newest.pool_usd,
        cast(floor(newest.used / nullif(cast(newest.pool_usd as double), 0) * 100) as decimal(9, 0)) as used_percent,
        cast(floor((newest.used + newest.expected) / nullif(cast(newest.pool_usd as double), 0) * 100) as decimal(9, 0)) as forecast_percent,
        run_out.runs_out_on,
        run_out.runs_out_first_on,
        run_out.runs_out_last_on,
        cast(errors.error_p50 as decimal(18, 6)) as forecast_error_p50,
        case when newest.is_whole and not newest.is_running then 'complete' else 'provisional' end as data_status
    from newest
    inner join told on newest.vendor = told.vendor and newest.account = told.account
    left join run_out on {% for column in key %}newest.{{ column }} = run_out.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    left join errors on {% for column in key %}newest.{{ column }} = errors.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
)

select * from final
