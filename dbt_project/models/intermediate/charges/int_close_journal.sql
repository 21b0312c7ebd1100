with charges as (
    select * from {{ ref('charges') }} where "InvoiceId" is not null and "BilledCost" <> 0
),

bills as (
    select *, cast({{ dbt.date_trunc('month', "period_end - interval '1' second") }} as date) as booked_in from {{ ref('int_bills') }}
),

accruals as (
    select * from {{ ref('int_accruals') }} where accrual_usd <> 0
),

payers as (
    select vendor, account, min(entity) as entity from bills group by vendor, account
),

-- An invoice: cost, tax and what was bought ahead against what is owed.
invoice_sides as (
    select
        bills.booked_in as month,
        coalesce(bills.entity, '(unknown)') as entity,
        bills.vendor,
        bills.account,
        bills.invoice_id as document,
        bills.currency,
        case charges."x_Kind"
            when 'tax' then 'Input tax'
            when 'prepaid' then 'Prepaid AI services'
            else 'AI services'
        end as ledger_account,
        charges."BilledCost" as amount,
        charges."x_BilledUsd" as amount_usd
    from charges
    inner join bills on charges."x_Vendor" = bills.vendor and charges."x_BillId" = bills.bill_id
),

-- What is used in the month and not on its invoices, and back where an invoice has other months' use.
accrual_sides as (
    select
        accruals.month,
        coalesce(payers.entity, '(unknown)') as entity,
        accruals.vendor,
        accruals.account,
        'ACCRUAL ' || cast(accruals.month as varchar) as document,
        'USD' as currency,
        'AI services' as ledger_account,
        accruals.accrual_usd as amount,
        accruals.accrual_usd as amount_usd
    from accruals
    left join payers on accruals.vendor = payers.vendor and accruals.account = payers.account
),

sides as (
    select *, 'Accounts payable' as against from invoice_sides
    union all
    select *, 'Accrued AI services' from accrual_sides
),

entries as (
    select month, entity, vendor, account, document, currency, ledger_account, amount, amount_usd from sides
    union all
    select month, entity, vendor, account, document, currency, against, -amount, -amount_usd from sides
),

final as (
    select
        month, entity, vendor, account, document, currency, ledger_account,
        cast(greatest({{ sum_money('amount') }}, 0) as {{ money_type() }}) as debit,
        cast(greatest(-{{ sum_money('amount') }}, 0) as {{ money_type() }}) as credit,
        cast(greatest({{ sum_money('amount_usd') }}, 0) as {{ money_type() }}) as debit_usd,
        cast(greatest(-{{ sum_money('amount_usd') }}, 0) as {{ money_type() }}) as credit_usd
    from entries
    group by month, entity, vendor, account, document, currency, ledger_account
)

select * from final
