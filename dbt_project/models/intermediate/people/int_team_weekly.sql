with spend as (
    select * from {{ ref('int_spend_told') }} where told_on is not null
),

days as (
    select * from {{ ref('int_privacy_days') }}
),

weeks as (
    select * from {{ ref('int_vendor_weeks') }}
),

told_weeks as (
    select * from {{ ref('int_privacy_weeks') }}
),

units as (
    select * from {{ ref('int_privacy_units') }}
),

team_cells as (
    select * from {{ ref('int_privacy_team_cells') }}
),

lines as (
    select
        days.week,
        spend.told_team as team,
        spend.published_vendor as vendor,
        spend.series,
        spend.team_contributor as contributor,
        {{ worst_status('weeks.data_status') }} as data_status,
        {{ worst_status('weeks.activity_status') }} as activity_status,
        {{ sum_money('spend.consumption_usd') }} as consumption_usd,
        {{ sum_money('spend.billed_usd') }} as billed_usd,
        {{ sum_money('spend.effective_usd') }} as effective_usd,
        {{ sum_money('spend.credits') }} as credits,
        {{ sum_money("case when spend.data_status = 'complete' then coalesce(spend.consumption_usd, spend.billed_usd, 0) else 0 end") }}
            as complete_usd,
        {{ sum_money('coalesce(spend.consumption_usd, spend.billed_usd, 0)') }} as weight_usd
    from spend
    inner join days on spend.day = days.day
    inner join told_weeks on days.week = told_weeks.week
    left join weeks on spend.vendor = weeks.vendor and days.iso_week = weeks.week
    group by days.week, spend.told_team, spend.published_vendor, spend.series, spend.team_contributor
),

final as (
    select
        lines.*,
        case when lines.contributor is null then lines.team else coalesce(team_cells.published_team, '(suppressed)') end as published_team,
        case
            when lines.contributor is null then lines.vendor
            -- Told of no team means told of no vendor, now as in every later publication (int_team_told). Who has no figure at all is in no cell.
            when coalesce(team_cells.published_team, '(suppressed)') = '(suppressed)' then '(all vendors)'
            else team_cells.published_vendor
        end as published_vendor
    from lines
    left join units
        on lines.contributor is not null and lines.week = units.week and lines.series = units.series and lines.team = units.team
    left join team_cells
        on units.week = team_cells.week
        and units.series = team_cells.series
        and units.unit = team_cells.unit
        and lines.vendor = team_cells.vendor
)

select * from final
