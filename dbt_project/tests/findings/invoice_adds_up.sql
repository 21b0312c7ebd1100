-- An invoice whose lines and tax do not make its total, and lines whose invoice is not there. An invoice without any lines is not held to them.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'stg_company__invoices'}}}) }}

with invoices as (
    select * from {{ ref('stg_company__invoices') }}
),

-- Tax stands in the header, on the lines, or on lines of its own.
lines as (
    select
        company,
        vendor,
        invoice_id,
        sum(case when kind <> 'tax' then amount else 0 end) as net_amount,
        sum(case when kind = 'tax' then amount else 0 end) + sum(coalesce(tax, 0)) as tax
    from {{ ref('stg_company__invoice_lines') }}
    group by company, vendor, invoice_id
)

select
    lines.company,
    lines.vendor,
    lines.invoice_id,
    invoices.currency,
    invoices.total,
    lines.net_amount,
    lines.tax as lines_tax,
    invoices.tax as header_tax
from lines
left join invoices
    on lines.company = invoices.company and lines.vendor = invoices.vendor and lines.invoice_id = invoices.invoice_id
where invoices.invoice_id is null
    or invoices.total <> lines.net_amount + coalesce(invoices.tax, lines.tax)
    or (lines.tax <> 0 and invoices.tax <> lines.tax)
