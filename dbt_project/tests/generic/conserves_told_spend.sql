{#
    Every measure of a mart without persons equals what int_spend_told tells in its period, to the last digit (DESIGN law 4). Vendors may be
    merged there, so the sum is over all of them; int_spend_told itself is held against int_spend by told_spend_is_the_ledger.

    period: day, month or week; a week is the one that int_privacy_days tells a day with
    measures: which of consumption_usd, billed_usd, effective_usd and credits the mart has
    settled_weeks_only: the mart holds weeks that ended and settled for every vendor
#}
{% test conserves_told_spend(model, period, measures, settled_weeks_only=false) %}

with told as (
    select spend.*, days.{{ 'iso_week' if period == 'day' else period }} as told_period, days.week as told_week
    from {{ ref('int_spend_told') }} as spend
    inner join {{ ref('int_privacy_days') }} as days on spend.told_on = days.day
),

expected as (
    select
        {{ 'told_on' if period == 'day' else 'told_period' }} as period
        {% for measure in measures %}, sum({{ measure }}) as {{ measure }}{% endfor %}
    from told
    {% if settled_weeks_only %}where told_week in (select week from {{ ref('int_privacy_weeks') }}){% endif %}
    group by {{ 'told_on' if period == 'day' else 'told_period' }}
),

actual as (
    select {{ period }} as period {% for measure in measures %}, sum({{ measure }}) as {{ measure }}{% endfor %}
    from {{ model }}
    group by {{ period }}
)

select expected.*, actual.*
from expected
full outer join actual on expected.period = actual.period
where
    {% for measure in measures %}
    coalesce(expected.{{ measure }}, 0) <> coalesce(actual.{{ measure }}, 0)
    or (expected.{{ measure }} is null) <> (actual.{{ measure }} is null)
    {{ 'or ' if not loop.last }}
    {% endfor %}

{% endtest %}
