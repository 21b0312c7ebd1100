with bills as (
    select * from {{ ref('int_bills') }}
),

charges as (
    select * from {{ ref('charges') }} where "InvoiceId" is not null
),

reconciliation as (
    select * from {{ ref('reconciliation') }}
),

usage as (
    select * from {{ ref('int_bill_usage') }} where is_billed
),

-- A bill belongs to the month in which its period ends.
dated as (
    select
        company, vendor, account, bill_id, kind, currency,
        cast({{ dbt.date_trunc('month', "period_end - interval '1' second") }} as date) as month
    from bills
),

invoiced as (
    select
        dated.month,
        dated.vendor,
        dated.account,
        charges."x_Series" as series,
        dated.currency,
        {{ sum_money('charges."BilledCost"') }} as invoiced_amount,
        {{ sum_money('charges."x_BilledUsd"') }} as invoiced_usd
    from charges
    inner join dated on charges."x_Vendor" = dated.vendor and charges."x_BillId" = dated.bill_id
    group by dated.month, dated.vendor, dated.account, charges."x_Series", dated.currency
),

-- What no evidence explains is of no series.
unexplained as (
    select
        dated.month, dated.vendor, dated.account, '(not split)' as series, dated.currency,
        case when count(reconciliation.unexplained_usd) = count(*) then {{ sum_money('reconciliation.unexplained_usd') }} end
            as unexplained_usd,
        {{ worst_status('reconciliation.data_status') }} as data_status
    from dated
    inner join reconciliation on dated.vendor = reconciliation.vendor and dated.bill_id = reconciliation.bill_id
    where dated.kind <> 'open'
    group by dated.month, dated.vendor, dated.account, dated.currency
),

-- Use of the month that bills of later months have, less use of other months that its bills have. Running months are not cut.
moved as (
    select
        usage.month as used_in, dated.month as billed_in, dated.vendor, dated.account, dated.currency,
        {{ sum_money('usage.billed_usd') }} as billed_usd
    from usage
    inner join dated on usage.company = dated.company and usage.vendor = dated.vendor and usage.bill_id = dated.bill_id
    where usage.month <> dated.month
    group by usage.month, dated.month, dated.vendor, dated.account, dated.currency
),

cutoffs as (
    select month, vendor, account, '(not split)' as series, currency, {{ sum_money('cutoff_usd') }} as cutoff_usd
    from (
        select used_in as month, vendor, account, currency, billed_usd as cutoff_usd from moved
        union all
        select billed_in, vendor, account, currency, -billed_usd from moved
    ) as sides
    where {{ dbt.dateadd('month', 1, 'month') }} <= {{ as_of() }}
    group by month, vendor, account, currency
),

keys as (
    select month, vendor, account, series, currency from invoiced
    union
    select month, vendor, account, series, currency from unexplained
    union
    select month, vendor, account, series, currency from cutoffs
),

final as (
    select
        keys.month,
        keys.vendor,
        keys.account,
        keys.series,
        keys.currency,
        invoiced.invoiced_amount,
        invoiced.invoiced_usd,
        unexplained.unexplained_usd,
        cutoffs.cutoff_usd,
        unexplained.data_status
    from keys
    {% for name in ['invoiced', 'unexplained', 'cutoffs'] %}
    left join {{ name }}
        on keys.month = {{ name }}.month
        and keys.vendor = {{ name }}.vendor
        and keys.account = {{ name }}.account
        and keys.series = {{ name }}.series
        and keys.currency = {{ name }}.currency
    {% endfor %}
)

select * from final
