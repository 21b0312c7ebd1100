with contributions as (
    select * from {{ ref('int_privacy_contributions') }}
),

days as (
    select * from {{ ref('int_privacy_days') }}
),

vendors as (
    select * from {{ ref('int_privacy_vendors') }}
),

people as (
    select days.month, days.segment, contributions.*
    from contributions
    inner join days on contributions.day = days.day
    inner join vendors
        on days.month = vendors.month and contributions.series = vendors.series and contributions.vendor = vendors.vendor
    where days.segment_has_ended and vendors.published_vendor = vendors.vendor and not vendors.is_withheld
),

{{ fold('account_months', 'people', ['month', 'series', 'vendor'], 'account', ['segment']) }},

scopes as (
    select distinct days.month, contributions.series, contributions.vendor, contributions.account
    from contributions
    inner join days on contributions.day = days.day
    where contributions.contributor is not null
),

-- Before any part of a month has ended, every vendor and account stands for itself.
final as (
    select
        scopes.month,
        scopes.series,
        scopes.vendor,
        scopes.account,
        coalesce(vendors.published_vendor, scopes.vendor) as published_vendor,
        case
            when vendors.published_vendor <> scopes.vendor then '(all accounts)'
            when not coalesce(account_months.is_folded, false) then scopes.account
            when account_months.all_folded then '(all accounts)'
            else '(other accounts)'
        end as published_account,
        coalesce(vendors.is_withheld, false) as is_withheld
    from scopes
    left join vendors
        on scopes.month = vendors.month and scopes.series = vendors.series and scopes.vendor = vendors.vendor
    left join account_months
        on scopes.month = account_months.month
        and scopes.series = account_months.series
        and scopes.vendor = account_months.vendor
        and scopes.account = account_months.account
)

select * from final
