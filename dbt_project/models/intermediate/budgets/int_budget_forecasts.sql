{% set key = ['scope', 'scope_id', 'scope_vendor', 'vendor', 'account', 'component'] %}

with paths as (
    select * from {{ ref('int_forecast_paths') }}
),

days as (
    select * from {{ ref('int_forecast_days') }} where known_until = cast('9999-12-31' as date)
),

budget_use as (
    select * from {{ ref('int_budget_use') }}
),

calendar as (
    select * from {{ ref('int_calendar') }} where day <= {{ as_of() }}
),

-- A month of a vendor's bill as it was to be expected on a morning. `use` is what is shared by: consumption of a pool, charges of all else.
parts as (
    select
        as_of, month, vendor, account, component,
        -- On the first mornings of a month nothing of it is known: that is 0, where there is a bill at all.
        case when count(expected_usd) > 0 then {{ sum_money('coalesce(billed_usd, 0)') }} end as billed_usd,
        {{ sum_money('expected_usd') }} as expected_usd,
        {{ sum_money("case when component = 'pooled' then coalesce(consumption_usd, 0) else coalesce(billed_usd, 0) end") }} as used_usd,
        {{ sum_money('expected_use_usd') }} as expected_use_usd,
        max(case when is_known then day end) as known_through,
        count(case when is_known then 1 end) as known_days
    from paths
    group by as_of, month, vendor, account, component
),

wholes as (
    select
        as_of, month, 'organisation' as scope, '(all)' as scope_id, '(all)' as scope_vendor,
        {{ sum_money('billed_usd') }} as spent_usd, {{ sum_money('expected_usd') }} as expected_usd, min(known_days) as known_days
    from parts
    group by as_of, month
    union all
    select
        as_of, month, 'vendor' as scope, vendor as scope_id, '(all)' as scope_vendor,
        {{ sum_money('billed_usd') }} as spent_usd, {{ sum_money('expected_usd') }} as expected_usd, min(known_days) as known_days
    from parts
    group by as_of, month, vendor
),

used as (
    select
        {{ key | join(', ') }}, day,
        {{ sum_money("case when component = 'pooled' then consumption_usd else effective_usd end") }} as used_usd
    from budget_use
    group by {{ key | join(', ') }}, day
),

-- Use up to each day, of the scope and of all: two of them tell any span between.
all_used as (
    select
        days.vendor, days.account, days.component, days.day,
        case when days.component = 'pooled' then days.consumption_usd else days.billed_usd end as used_usd
    from days
),

summed as (
    select
        {% for column in key %}scopes.{{ column }}, {% endfor %}
        calendar.day,
        {{ sum_money('coalesce(used.used_usd, 0)') }} as day_usd,
        {{ sum_money('coalesce(all_used.used_usd, 0)') }} as all_day_usd
    from (select distinct {{ key | join(', ') }} from used) as scopes
    inner join (select min(day) as first_day from all_used) as begun on true
    inner join calendar on calendar.day >= begun.first_day
    left join used
        on {% for column in key %}scopes.{{ column }} = used.{{ column }} and {% endfor %}calendar.day = used.day
    left join all_used
        on scopes.vendor = all_used.vendor and scopes.account = all_used.account and scopes.component = all_used.component
        and calendar.day = all_used.day
    group by {% for column in key %}scopes.{{ column }}, {% endfor %}calendar.day
),

running as (
    select
        {{ key | join(', ') }}, day,
        cast(sum(day_usd) over up_to as {{ money_type() }}) as up_to_usd,
        cast(sum(all_day_usd) over up_to as {{ money_type() }}) as all_up_to_usd
    from summed
    window up_to as (partition by {{ key | join(', ') }} order by day rows between unbounded preceding and current row)
),

-- A scope's part of what is known of the month, and of the four weeks before: by that it is expected to take part in the rest.
shares as (
    select
        {% for column in key %}scopes.{{ column }}, {% endfor %}
        parts.as_of, parts.month, parts.billed_usd, parts.expected_usd, parts.used_usd, parts.expected_use_usd, parts.known_days,
        {{ micro_units('at_end.up_to_usd - coalesce(at_start.up_to_usd, 0)') }} as own_of_month,
        {{ micro_units('at_end.all_up_to_usd - coalesce(at_start.all_up_to_usd, 0)') }} as all_of_month,
        {{ micro_units('at_last.up_to_usd - coalesce(weeks_ago.up_to_usd, 0)') }} as own_of_weeks,
        {{ micro_units('at_last.all_up_to_usd - coalesce(weeks_ago.all_up_to_usd, 0)') }} as all_of_weeks
    from (select distinct {{ key | join(', ') }} from used) as scopes
    inner join parts on scopes.vendor = parts.vendor and scopes.account = parts.account and scopes.component = parts.component
    {% for name, day in [
        ('at_end', 'parts.known_through'), ('at_start', "cast(" ~ dbt.dateadd('day', -1, 'parts.month') ~ " as date)"),
        ('at_last', "coalesce(parts.known_through, cast(" ~ dbt.dateadd('day', -3, 'parts.as_of') ~ " as date))"),
        ('weeks_ago', "cast(" ~ dbt.dateadd('day', -28, "coalesce(parts.known_through, cast(" ~ dbt.dateadd('day', -3, 'parts.as_of') ~ " as date))") ~ " as date)")
    ] %}
    left join running as {{ name }}
        on {% for column in key %}scopes.{{ column }} = {{ name }}.{{ column }} and {% endfor %}{{ name }}.day = {{ day }}
    {% endfor %}
),

-- Exact, as what is spent is money and no estimate; what is expected goes the same way.
parted as (
    select
        *,
        {{ part_of('billed_usd', 'own_of_month', 'all_of_month') }} as own_billed_usd,
        {{ part_of('used_usd', 'own_of_month', 'all_of_month') }} as own_used_usd,
        {{ part_of('expected_usd', 'own_of_weeks', 'all_of_weeks') }} as own_expected_usd,
        {{ part_of('expected_use_usd', 'own_of_weeks', 'all_of_weeks') }} as own_expected_use_usd
    from shares
),

of_parts as (
    select
        as_of, month, scope, scope_id, scope_vendor, known_days,
        own_billed_usd as spent_usd,
        case
            when component = 'pooled'
                then {{ fraction_of(
                    '(billed_usd + expected_usd)', micro_units('own_used_usd + own_expected_use_usd'), micro_units('used_usd + expected_use_usd')
                ) }} - own_billed_usd
            else own_expected_usd
        end as expected_usd
    from parted
),

final as (
    select * from wholes
    union all
    select
        as_of, month, scope, scope_id, scope_vendor,
        {{ sum_money('spent_usd') }} as spent_usd, {{ sum_money('expected_usd') }} as expected_usd, min(known_days) as known_days
    from of_parts
    group by as_of, month, scope, scope_id, scope_vendor
)

select
    as_of, month, scope, scope_id, scope_vendor as vendor, spent_usd, expected_usd,
    cast(spent_usd + expected_usd as {{ money_type() }}) as forecast_usd,
    known_days
from final
