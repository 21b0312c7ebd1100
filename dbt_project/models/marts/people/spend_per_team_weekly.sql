with team_weeks as (
    select * from {{ ref('int_team_weekly') }}
),

spend as (
    select * from {{ ref('int_spend_people') }} where is_person
),

activity as (
    select * from {{ ref('int_person_activity') }}
),

calendar as (
    select * from {{ ref('int_calendar') }}
),

weeks as (
    select * from {{ ref('int_vendor_weeks') }}
),

money as (
    select
        week,
        published_team as team,
        vendor,
        series,
        {{ sum_money('consumption_usd') }} as consumption_usd,
        {{ sum_money('billed_usd') }} as billed_usd,
        {{ sum_money('effective_usd') }} as effective_usd,
        {{ sum_money('credits') }} as credits,
        {{ sum_money('complete_consumption_usd') }} as complete_consumption_usd,
        {{ sum_money('complete_billed_usd') }} as complete_billed_usd,
        count(distinct team) as teams
    from team_weeks
    group by week, published_team, vendor, series
),

-- A person in two folded teams is one person.
amounts as (
    select
        calendar.week, team_weeks.published_team as team, spend.vendor, spend.series, spend.principal_key,
        sum(spend.consumption_usd) as consumption_usd, sum(spend.billed_usd) as billed_usd, sum(spend.effective_usd) as effective_usd
    from spend
    inner join calendar on spend.day = calendar.day
    inner join team_weeks
        on calendar.week = team_weeks.week
        and spend.team = team_weeks.team
        and spend.vendor = team_weeks.vendor
        and spend.series = team_weeks.series
        and team_weeks.is_person
    group by calendar.week, team_weeks.published_team, spend.vendor, spend.series, spend.principal_key
),

people as (
    select week, team, vendor, series, count(*) as active_people
    from amounts
    where coalesce(consumption_usd, 0) <> 0 or coalesce(billed_usd, 0) <> 0 or coalesce(effective_usd, 0) <> 0
    group by week, team, vendor, series
),

-- Requests belong to use, not to seats.
requests as (
    select calendar.week, team_weeks.published_team as team, activity.vendor, sum(activity.interactions) as interactions
    from activity
    inner join calendar on activity.day = calendar.day
    inner join team_weeks
        on calendar.week = team_weeks.week
        and activity.team = team_weeks.team
        and activity.vendor = team_weeks.vendor
        and team_weeks.series = 'human_usage'
        and team_weeks.is_person
    group by calendar.week, team_weeks.published_team, activity.vendor
),

final as (
    select
        money.week,
        money.team,
        money.vendor,
        money.series,
        money.consumption_usd,
        money.billed_usd,
        money.effective_usd,
        money.credits,
        cast(case when people.active_people >= {{ var('k') }} then people.active_people end as bigint) as active_people,
        cast(
            case
                -- Prompts of a week without some of its days would look like a quiet week.
                when people.active_people >= {{ var('k') }} and money.series = 'human_usage'
                    and weeks.activity_status in ('partial', 'provisional', 'complete')
                    then cast(requests.interactions as double) / people.active_people
            end as decimal(18, 2)
        ) as requests_per_active_developer,
        cast(case when money.team = '(suppressed)' then money.teams end as bigint) as suppressed_teams,
        weeks.data_status,
        case when money.series = 'human_usage' then weeks.activity_status end as activity_status,
        case
            when money.consumption_usd <> 0 then {{ share('money.complete_consumption_usd', 'money.consumption_usd') }}
            else {{ share('money.complete_billed_usd', 'money.billed_usd') }}
        end as complete_share
    from money
    left join people
        on money.week = people.week
        and money.team = people.team
        and money.vendor = people.vendor
        and money.series = people.series
    left join requests
        on money.week = requests.week and money.team = requests.team and money.vendor = requests.vendor
    left join weeks on money.week = weeks.week and money.vendor = weeks.vendor
)

select * from final
