{#
    Every measure of the mart equals int_spend per vendor and period (DESIGN law 4).

    period: day, week or month, the mart's own column of that name
    measures: which of consumption_usd, billed_usd, effective_usd and credits the mart has
#}
{% test conserves_spend(model, period, measures) %}

with expected as (
    select
        spend.vendor,
        calendar.{{ period }} as period
        {% for measure in measures %}, sum(spend.{{ measure }}) as {{ measure }}{% endfor %}
    from {{ ref('int_spend_effective') }} as spend
    inner join {{ ref('int_calendar') }} as calendar on spend.day = calendar.day
    group by spend.vendor, calendar.{{ period }}
),

actual as (
    select
        vendor,
        {{ period }} as period
        {% for measure in measures %}, sum({{ measure }}) as {{ measure }}{% endfor %}
    from {{ model }}
    group by vendor, {{ period }}
)

-- A mart may hold people without money, so a period that only it knows must be worth nothing; a period it lacks must be worth nothing too.
select expected.*, actual.*
from expected
full outer join actual on expected.vendor = actual.vendor and expected.period = actual.period
where
    {% for measure in measures %}
    coalesce(expected.{{ measure }}, 0) <> coalesce(actual.{{ measure }}, 0)
    or (expected.{{ measure }} is null) <> (actual.{{ measure }} is null)
    {{ 'or ' if not loop.last }}
    {% endfor %}

{% endtest %}
