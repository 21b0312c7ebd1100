with spend as (
    select * from {{ ref('int_spend_people') }}
),

told_days as (
    select * from {{ ref('int_privacy_told_days') }}
),

models as (
    select * from {{ ref('int_privacy_models') }}
),

-- Every row of the ledger with the words under which tables without persons tell it. Shared machines tell of nobody and stand as they are,
-- also beside those of single persons, which are told by the rule.
final as (
    select
        spend.*,
        case when spend.series = 'machine_usage' then '(machines)' else spend.team end as told_team,
        coalesce(told_days.published_vendor, spend.vendor) as published_vendor,
        coalesce(told_days.published_account, spend.account) as published_account,
        case
            when told_days.vendor is null then spend.model
            when told_days.told_on is null then '(suppressed)'
            else coalesce(models.published_model, '(other models)')
        end as published_model,
        case when told_days.vendor is null then spend.day else told_days.told_on end as told_on
    from spend
    left join told_days
        on spend.day = told_days.day
        and spend.vendor = told_days.vendor
        and spend.account = told_days.account
        and spend.series = told_days.series
        and (spend.contributor is not null or spend.series <> 'machine_usage')
    left join models
        on told_days.published_vendor = models.published_vendor
        and told_days.published_account = models.published_account
        and told_days.series = models.series
        and told_days.told_on = models.told_on
        and spend.model = models.model
)

select * from final
