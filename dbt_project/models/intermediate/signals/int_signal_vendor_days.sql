-- Faults of the data, found first: what is no use of people must raise no alert about people, and enter no baseline.
with usage as (
    select * from {{ ref('int_signal_usage') }}
),

reach as (
    select * from {{ ref('int_signal_reach') }}
),

counted as (
    select
        day_number,
        vendor,
        count(*) filter (where in_time) as known_users,
        count(*) as final_users
    from usage
    group by day_number, vendor
),

days as (
    select vendor, cast(unnest(generate_series(first_day, last_day)) as integer) as day_number
    from reach
),

grid as (
    select
        days.day_number,
        days.vendor,
        coalesce(counted.known_users, 0) as known_users,
        coalesce(counted.final_users, 0) as final_users
    from days
    left join counted on days.day_number = counted.day_number and days.vendor = counted.vendor
),

-- A weekday is compared with the five before it: the median of five survives two holidays.
usual as (
    select
        *,
        median(known_users) over same_weekday as usual_users,
        count(*) over same_weekday as weeks
    from grid
    window same_weekday as (partition by vendor, day_number % 7 order by day_number rows between 5 preceding and 1 preceding)
),

ratios as (
    select
        *,
        case when weeks >= 3 and usual_users >= 1 then ln(greatest(known_users, 0.5) / usual_users) end as drop_log
    from usual
),

-- A holiday empties every vendor: the one that is least empty tells how far, and two that fell as far tell it too. Vendors that are too small
-- to tell are not asked.
others as (
    select
        ratios.day_number,
        ratios.vendor,
        max(other.drop_log) as least_drop,
        count(*) as vendors,
        count(*) filter (where abs(other.drop_log - ratios.drop_log) <= 0.2) as alike
    from ratios
    inner join ratios as other
        on ratios.day_number = other.day_number and ratios.vendor <> other.vendor and other.usual_users >= 30
    group by ratios.day_number, ratios.vendor
),

common as (
    select
        ratios.*,
        case
            when others.alike >= 2 or others.alike >= others.vendors then least(0, ratios.drop_log)
            else coalesce(least(0, others.least_drop), 0)
        end as common_drop
    from ratios
    left join others on ratios.day_number = others.day_number and ratios.vendor = others.vendor
),

gaps as (
    select
        *,
        usual_users * exp(common_drop) as expected_users,
        drop_log - common_drop as gap
    from common
),

steadiness as (
    select
        *,
        1.4826 * median(abs(gap)) over (
            partition by vendor order by day_number range between 42 preceding and 1 preceding
        ) as gap_spread
    from gaps
),

-- Each person against their own last four weeks: what moved everybody at once is the vendor's, or its report's.
moved as (
    select
        day_number,
        vendor,
        amount,
        ln(amount) - {{ median_over('ln(amount)', '(partition by vendor, user_key order by day_number range between 28 preceding and 1 preceding)') }}
            as moved_log
    from usage
    where in_time
),

shifts as (
    select
        day_number,
        vendor,
        count(moved_log) as measured_users,
        median(moved_log) as shift,
        1.4826 * mad(moved_log) as shift_spread
        {%- for digits in range(2, 7) %},
        -- Amounts that are all even in their last digit are each the sum of two equal ones.
        avg(case when cast(round(amount * 1e{{ digits }}) as bigint) % 2 = 0 and abs(amount * 1e{{ digits }} - round(amount * 1e{{ digits }})) < 1e-3 then 1 else 0 end) as even_{{ digits }}
        {%- endfor %}
    from moved
    group by day_number, vendor
),

against_weekday as (
    select
        *,
        shift - median(shift) over same_weekday as jump,
        count(*) over same_weekday as shift_weeks
        {%- for digits in range(2, 7) %},
        median(even_{{ digits }}) over before as usual_even_{{ digits }}
        {%- endfor %}
    from shifts
    window
        same_weekday as (partition by vendor, day_number % 7 order by day_number range between 56 preceding and 1 preceding),
        before as (partition by vendor order by day_number range between 28 preceding and 1 preceding)
),

judged as (
    select
        steadiness.*,
        against_weekday.measured_users,
        against_weekday.jump,
        against_weekday.shift_weeks,
        against_weekday.jump * sqrt(against_weekday.measured_users) / greatest(against_weekday.shift_spread, 0.1) as jump_z,
        coalesce({% for digits in range(2, 7) %}
            (against_weekday.even_{{ digits }} >= 0.99 and against_weekday.usual_even_{{ digits }} between 0.3 and 0.8)
            {%- if not loop.last %} or{% endif %}{% endfor %}, false) as all_even
    from steadiness
    left join against_weekday
        on steadiness.day_number = against_weekday.day_number and steadiness.vendor = against_weekday.vendor
),

{% if var('history', {}) %}
held as (
    select cast(null as varchar) as vendor, cast(null as integer) as day_number, cast(null as varchar) as kind limit 0
),
{% else %}
-- A day that is held is not in the ledger: what it is was judged from the report itself.
held as (
    select vendor, cast(day - date '1970-01-01' as integer) as day_number, max(failed_because) as kind
    from {{ ref('int_stream_days') }}
    where failed_because in ('duplicated', 'unit_error')
    group by vendor, day
),
{% endif %}

named as (
    select
        judged.*,
        held.kind is not null as is_held,
        case
            when held.kind is not null then held.kind
            when known_users = 0 and final_users = 0 and usual_users >= 8 and (common_drop > -2.5 or usual_users >= 100) then 'missing'
            when expected_users >= 20
                and gap <= -0.2
                and -gap >= 4.5 * greatest(gap_spread, 0.02)
                and (expected_users - known_users) >= 4.5 * sqrt(expected_users)
                -- Rows that came later make it late. On the morning itself missing, partial and late look alike.
                then case when final_users > 1.15 * known_users + 1 then 'late' else 'partial' end
            when shift_weeks >= 3 and measured_users >= 8 and abs(jump) >= 2.3 and abs(jump_z) >= 5 then 'unit_error'
            when shift_weeks >= 3 and measured_users >= 20 and all_even and jump >= 0.25 and jump_z >= 2 then 'duplicated'
            when shift_weeks >= 3 and measured_users >= 30 and jump >= 0.55 and jump_z >= 5 then 'duplicated'
        end as kind
    from judged
    left join held on judged.vendor = held.vendor and judged.day_number = held.day_number
),

final as (
    select
        *,
        kind is not null as is_faulty,
        coalesce(lag(kind) over (partition by vendor order by day_number) in ('missing', 'partial', 'late'), false) as after_outage
    from named
)

select * from final
