{% set scope = ['published_vendor', 'published_account', 'series'] %}

with contributions as (
    select * from {{ ref('int_privacy_contributions') }}
),

days as (
    select * from {{ ref('int_privacy_days') }}
),

scopes as (
    select * from {{ ref('int_privacy_scopes') }}
),

people as (
    select
        days.month, days.segment, days.segment_has_ended, scopes.published_vendor, scopes.published_account, scopes.is_withheld,
        contributions.*
    from contributions
    inner join days on contributions.day = days.day
    inner join scopes
        on days.month = scopes.month
        and contributions.series = scopes.series
        and contributions.vendor = scopes.vendor
        and contributions.account = scopes.account
    where contributions.contributor is not null
),

ended as (
    select * from people where segment_has_ended and not is_withheld
),

-- Days of few people are told together, with the days before them if need be: of the part of the month they lie in, the rest is told exactly.
{{ fold('days_ended', 'ended', ['month', 'segment'] + scope, 'day', next='day desc') }},

pools as (
    select month, segment, {{ scope | join(', ') }}, max(day) as told_on
    from days_ended
    where is_folded
    group by month, segment, {{ scope | join(', ') }}
),

-- While a week runs nobody knows which of its days will have few people, and a day that was told cannot be taken back. So it is told day by
-- day only where each day of the four weeks before had twice k people, and else when it has ended.
calm_days as (
    select people.*
    from people
    inner join (select distinct month, segment, {{ scope | join(', ') }} from people where not segment_has_ended) as running
        on {% for column in scope %}people.{{ column }} = running.{{ column }} and {% endfor %}
        people.day < running.segment and people.day >= {{ dbt.dateadd('day', -28, 'running.segment') }}
),

calm_judged as (
    {{ judged('calm_days', scope + ['day']) }}
),

calm as (
    select {{ scope | join(', ') }}
    from calm_judged
    group by {{ scope | join(', ') }}
    having min(case when passes and contributors >= 2 * {{ var('k') }} then 1 else 0 end) = 1 and count(*) >= 14
),

running_days as (
    select * from people where not segment_has_ended and not is_withheld
),

running_judged as (
    {{ judged('running_days', scope + ['day']) }}
),

final as (
    select distinct
        people.day,
        people.vendor,
        people.account,
        people.series,
        people.month,
        people.published_vendor,
        people.published_account,
        case
            when people.is_withheld then null
            when not people.segment_has_ended then case when calm.series is not null and running_judged.passes then people.day end
            when days_ended.is_folded and not days_ended.fold_passes then null
            when days_ended.is_folded then pools.told_on
            else people.day
        end as told_on
    from people
    left join days_ended
        on {% for column in ['month', 'segment'] + scope + ['day'] %}people.{{ column }} = days_ended.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    left join pools
        on {% for column in ['month', 'segment'] + scope %}people.{{ column }} = pools.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    left join calm
        on {% for column in scope %}people.{{ column }} = calm.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    left join running_judged
        on {% for column in scope + ['day'] %}people.{{ column }} = running_judged.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
)

select * from final
