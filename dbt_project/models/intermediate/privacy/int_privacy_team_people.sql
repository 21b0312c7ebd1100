with contributions as (
    select * from {{ ref('int_privacy_contributions') }}
),

days as (
    select * from {{ ref('int_privacy_days') }}
),

told_days as (
    select * from {{ ref('int_privacy_told_days') }}
),

weeks as (
    select * from {{ ref('int_privacy_weeks') }}
),

person_days as (
    select team, day, min(division) as division from {{ ref('int_person_days') }} group by team, day
),

divisions as (
    select days.week, person_days.team, min(person_days.division) as division
    from person_days
    inner join days on person_days.day = days.day
    group by days.week, person_days.team
),

-- What each person did of each cell that could be told; vendors bear the names under which their totals are told.
final as (
    select
        days.week,
        contributions.series,
        contributions.team,
        coalesce(divisions.division, '(none)') as division,
        told_days.published_vendor as vendor,
        told_days.published_account as account,
        contributions.contributor
        {% for figure in told_figures() %}, {{ sum_money('contributions.' ~ figure) }} as {{ figure }}{% endfor %}
    from contributions
    inner join days on contributions.day = days.day
    inner join weeks on days.week = weeks.week
    inner join told_days
        on contributions.day = told_days.day
        and contributions.vendor = told_days.vendor
        and contributions.account = told_days.account
        and contributions.series = told_days.series
    left join divisions on days.week = divisions.week and contributions.team = divisions.team
    where contributions.contributor is not null and told_days.told_on is not null
    group by
        days.week, contributions.series, contributions.team, coalesce(divisions.division, '(none)'), told_days.published_vendor,
        told_days.published_account, contributions.contributor
)

select * from final
