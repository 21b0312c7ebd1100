with spend as (
    select * from {{ ref('int_spend_people') }}
),

told_days as (
    select * from {{ ref('int_privacy_told_days') }}
),

models as (
    select * from {{ ref('int_privacy_models') }}
),

-- Every row of the ledger with the words under which tables without persons tell it; rows of series without persons tell of nobody.
final as (
    select
        spend.*,
        -- Of a team's people; what runs as a machine is of no team, whoever's login or key it runs on.
        case when spend.is_person and spend.series <> 'machine_usage' then spend.contributor end as team_contributor,
        case when spend.series = 'machine_usage' then '(machines)' else spend.team end as told_team,
        coalesce(told_days.published_vendor, spend.vendor) as published_vendor,
        coalesce(told_days.published_account, spend.account) as published_account,
        case
            when told_days.vendor is not null and told_days.told_on is null then '(suppressed)'
            else coalesce(models.published_model, case when told_days.vendor is null then spend.model else '(other models)' end)
        end as published_model,
        case when told_days.vendor is null then spend.day else told_days.told_on end as told_on
    from spend
    left join told_days
        on spend.day = told_days.day
        and spend.vendor = told_days.vendor
        and spend.account = told_days.account
        and spend.series = told_days.series
    left join models
        on coalesce(told_days.published_vendor, spend.vendor) = models.published_vendor
        and coalesce(told_days.published_account, spend.account) = models.published_account
        and spend.series = models.series
        and case when told_days.vendor is null then spend.day else told_days.told_on end = models.told_on
        and spend.model = models.model
)

select * from final
