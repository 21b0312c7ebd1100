with told as (
    select * from {{ ref('int_team_told') }}
),

lines as (
    select * from {{ ref('int_team_weekly') }}
),

activity as (
    select * from {{ ref('int_person_activity') }}
),

days as (
    select * from {{ ref('int_privacy_days') }}
),

-- A person in two folded teams is one person.
persons as (
    select week, published_team, published_vendor, series, contributor
    from told
    where contributor is not null
    group by week, published_team, published_vendor, series, contributor
    having {% for money in told_moneys() %}sum(coalesce({{ money }}, 0)) <> 0{{ ' or ' if not loop.last }}{% endfor %}
),

people as (
    select week, published_team, published_vendor, series, count(*) as active_people
    from persons
    group by week, published_team, published_vendor, series
),

-- Of whom prompts are known, which need not be everybody: they must be k, and not one person's.
asked as (
    select
        cells.week, cells.published_team, cells.published_vendor, cells.series, activity.person_id as contributor,
        {{ sum_money('activity.interactions') }} as consumption_usd
        {% for figure in told_figures() if figure != 'consumption_usd' %}, cast(null as {{ money_type() }}) as {{ figure }}{% endfor %}
    from activity
    inner join days on activity.day = days.day
    inner join (
        select distinct week, team, vendor, series, published_team, published_vendor from told where contributor is not null
    ) as cells
        on days.week = cells.week and activity.team = cells.team and activity.vendor = cells.vendor
    where cells.series = 'human_usage'
    group by cells.week, cells.published_team, cells.published_vendor, cells.series, activity.person_id
),

asked_judged as (
    {{ judged('asked', ['week', 'published_team', 'published_vendor', 'series']) }}
),

requests as (
    select asked.week, asked.published_team, asked.published_vendor, asked.series, sum(asked.consumption_usd) as interactions
    from asked
    inner join asked_judged
        on asked.week = asked_judged.week
        and asked.published_team = asked_judged.published_team
        and asked.published_vendor = asked_judged.published_vendor
        and asked.series = asked_judged.series
    where asked_judged.passes
    group by asked.week, asked.published_team, asked.published_vendor, asked.series
),

-- One share for the whole week, in whole percent: a team's own would tell what it spent on the days that are complete.
shares as (
    select
        week,
        {{ worst_status('data_status') }} as data_status,
        {{ whole_percent(share('sum(complete_usd)', 'sum(weight_usd)')) }} as complete_share
    from lines
    group by week
),

money as (
    select
        week,
        published_team,
        published_vendor,
        series,
        {{ sum_money('consumption_usd') }} as consumption_usd,
        {{ sum_money('billed_usd') }} as billed_usd,
        {{ sum_money('effective_usd') }} as effective_usd,
        {{ sum_money('credits') }} as credits,
        count(distinct team) as teams,
        {{ worst_status('data_status') }} as data_status,
        {{ worst_status('activity_status') }} as activity_status
    from told
    group by week, published_team, published_vendor, series
),

final as (
    select
        money.week,
        money.published_team as team,
        money.published_vendor as vendor,
        money.series,
        money.consumption_usd,
        money.billed_usd,
        money.effective_usd,
        money.credits,
        cast(case when people.active_people >= {{ var('k') }} then people.active_people end as bigint) as active_people,
        cast(
            case
                -- Prompts of a week without some of its days would look like a quiet week. Whole numbers, so that no total of prompts follows.
                when people.active_people >= {{ var('k') }} and money.activity_status in ('partial', 'provisional', 'complete')
                    then round(cast(requests.interactions as double) / people.active_people)
            end as decimal(18, 2)
        ) as requests_per_active_developer,
        cast(case when money.published_team = '(suppressed)' or money.published_team like '(other of %' then money.teams end as bigint)
            as suppressed_teams,
        coalesce(money.data_status, shares.data_status) as data_status,
        case when money.series = 'human_usage' then money.activity_status end as activity_status,
        shares.complete_share
    from money
    inner join shares on money.week = shares.week
    left join people
        on money.week = people.week
        and money.published_team = people.published_team
        and money.published_vendor = people.published_vendor
        and money.series = people.series
    left join requests
        on money.week = requests.week
        and money.published_team = requests.published_team
        and money.published_vendor = requests.published_vendor
        and money.series = requests.series
)

select * from final
