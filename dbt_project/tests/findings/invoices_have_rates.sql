-- An invoice in another currency for which there is no exchange rate to USD: what it is worth in USD stays unknown.
-- A day's rate holds up to six days on, as banks do not fix one on holidays and at weekends; a month's average is that of the invoiced month.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'stg_company__fx_rates'}}}) }}

with rates as (
    select * from {{ ref('stg_company__fx_rates') }} where to_currency = 'USD'
),

invoices as (
    select *, cast({{ dbt.date_trunc('month', 'period_start') }} as date) as month
    from {{ ref('stg_company__invoices') }}
    where currency <> 'USD'
)

select invoices.company, invoices.vendor, invoices.invoice_id, invoices.currency, invoices.fx_source, invoices.issued_on
from invoices
left join rates
    on invoices.currency = rates.from_currency
    and invoices.fx_source = rates.source
    and case invoices.fx_source
        when 'month_average' then rates.day = invoices.month
        when 'ecb_day' then rates.day <= invoices.issued_on and {{ dbt.datediff('rates.day', 'invoices.issued_on', 'day') }} <= 6
        else rates.day <= invoices.issued_on
    end
where rates.rate is null
