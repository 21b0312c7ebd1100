with budgets as (
    select * from {{ ref('stg_company__budgets') }}
),

rates as (
    select * from {{ ref('stg_company__fx_rates') }} where to_currency = 'USD'
),

-- A month is held against one rate: the newest that was known when it began, else the first of the month. Agreed rates come first.
ranked as (
    select
        budgets.company, budgets.scope, budgets.scope_id, budgets.vendor, budgets.month, rates.rate,
        row_number() over (
            partition by budgets.company, budgets.scope, budgets.scope_id, budgets.vendor, budgets.month
            order by
                case when rates.source = 'contract' then 1 else 2 end,
                case when rates.day <= budgets.month then 1 else 2 end,
                case when rates.day <= budgets.month then {{ dbt.datediff('rates.day', 'budgets.month', 'day') }} else {{ dbt.datediff('budgets.month', 'rates.day', 'day') }} end,
                rates.source, rates.company
        ) as place
    from budgets
    inner join rates
        on budgets.currency = rates.from_currency and rates.day < {{ dbt.dateadd('month', 1, 'budgets.month') }}
),

in_usd as (
    select
        budgets.*,
        case when budgets.currency = 'USD' then budgets.amount else {{ times('budgets.amount', 'ranked.rate') }} end as budget_usd
    from budgets
    left join ranked
        on budgets.company = ranked.company
        and budgets.scope = ranked.scope
        and budgets.scope_id = ranked.scope_id
        and budgets.vendor = ranked.vendor
        and budgets.month = ranked.month
        and ranked.place = 1
),

final as (
    select
        cast(month as date) as month,
        scope,
        case when scope = 'organisation' then '(all)' else scope_id end as scope_id,
        vendor,
        case when count(budget_usd) = count(*) then {{ sum_money('budget_usd') }} end as budget_usd
    from in_usd
    group by month, scope, case when scope = 'organisation' then '(all)' else scope_id end, vendor
)

select * from final
