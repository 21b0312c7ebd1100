with spend as (
    select * from {{ ref('int_spend_people') }}
),

calendar as (
    select * from {{ ref('int_calendar') }}
),

weeks as (
    select * from {{ ref('int_vendor_weeks') }} where is_settled
),

-- One person's amounts in a cell: contributors are persons whose amount is not zero.
members as (
    select
        calendar.week,
        spend.team,
        spend.vendor,
        spend.series,
        spend.is_person,
        spend.principal_key,
        {{ sum_money('spend.consumption_usd') }} as consumption_usd,
        {{ sum_money('spend.billed_usd') }} as billed_usd,
        {{ sum_money('spend.effective_usd') }} as effective_usd,
        {{ sum_money('spend.credits') }} as credits,
        {{ sum_money("case when spend.data_status = 'complete' then spend.consumption_usd else 0 end") }} as complete_consumption_usd,
        {{ sum_money("case when spend.data_status = 'complete' then spend.billed_usd else 0 end") }} as complete_billed_usd
    from spend
    inner join calendar on spend.day = calendar.day
    inner join weeks on spend.vendor = weeks.vendor and calendar.week = weeks.week
    group by calendar.week, spend.team, spend.vendor, spend.series, spend.is_person, spend.principal_key
),

marked as (
    select
        *,
        is_person and (
            coalesce(consumption_usd, 0) <> 0 or coalesce(billed_usd, 0) <> 0 or coalesce(effective_usd, 0) <> 0
        ) as is_contributor
    from members
),

teams as (
    select
        week,
        team,
        vendor,
        series,
        is_person,
        {{ sum_money('consumption_usd') }} as consumption_usd,
        {{ sum_money('billed_usd') }} as billed_usd,
        {{ sum_money('effective_usd') }} as effective_usd,
        {{ sum_money('credits') }} as credits,
        {{ sum_money('complete_consumption_usd') }} as complete_consumption_usd,
        {{ sum_money('complete_billed_usd') }} as complete_billed_usd,
        count(case when is_contributor then 1 end) as contributors
    from marked
    group by week, team, vendor, series, is_person
),

-- The smallest teams are the first to fold.
ranked as (
    select
        *,
        row_number() over (partition by week, vendor, series, is_person order by contributors, team) as place,
        count(case when contributors < {{ var('k') }} then 1 end) over (partition by week, vendor, series, is_person) as small_teams,
        count(*) over (partition by week, vendor, series, is_person) as all_teams
    from teams
),

-- How many different persons the first n teams hold: each counts where they appear first.
first_places as (
    select marked.week, marked.vendor, marked.series, marked.principal_key, min(ranked.place) as place
    from marked
    inner join ranked
        on marked.week = ranked.week
        and marked.vendor = ranked.vendor
        and marked.series = ranked.series
        and marked.team = ranked.team
        and ranked.is_person
    where marked.is_contributor
    group by marked.week, marked.vendor, marked.series, marked.principal_key
),

newcomers as (
    select week, vendor, series, place, count(*) as persons
    from first_places
    group by week, vendor, series, place
),

cumulative as (
    select
        ranked.*,
        sum(coalesce(newcomers.persons, 0)) over (
            partition by ranked.week, ranked.vendor, ranked.series, ranked.is_person
            order by ranked.place
            rows between unbounded preceding and current row
        ) as persons_so_far
    from ranked
    left join newcomers
        on ranked.is_person
        and ranked.week = newcomers.week
        and ranked.vendor = newcomers.vendor
        and ranked.series = newcomers.series
        and ranked.place = newcomers.place
),

-- All small teams fold, and then the next ones until the fold holds k persons of at least two teams: one team alone could be subtracted.
folds as (
    select
        week,
        vendor,
        series,
        coalesce(
            min(
                case
                    when place >= small_teams and place >= 2 and persons_so_far >= {{ var('k') }} then place
                end
            ),
            max(all_teams)
        ) as last_folded
    from cumulative
    where is_person and small_teams > 0
    group by week, vendor, series
),

final as (
    select
        cumulative.week,
        cumulative.team,
        cumulative.vendor,
        cumulative.series,
        cumulative.is_person,
        case when cumulative.is_person and cumulative.place <= folds.last_folded then '(suppressed)' else cumulative.team end as published_team,
        cumulative.contributors,
        cumulative.consumption_usd,
        cumulative.billed_usd,
        cumulative.effective_usd,
        cumulative.credits,
        cumulative.complete_consumption_usd,
        cumulative.complete_billed_usd
    from cumulative
    left join folds
        on cumulative.week = folds.week and cumulative.vendor = folds.vendor and cumulative.series = folds.series
)

select * from final
