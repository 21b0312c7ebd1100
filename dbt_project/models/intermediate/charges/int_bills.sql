with invoices as (
    select * from {{ ref('stg_company__invoices') }}
),

lines as (
    select * from {{ ref('stg_company__invoice_lines') }}
),

contracts as (
    select * from {{ ref('stg_company__contracts') }}
),

rates as (
    select * from {{ ref('stg_company__fx_rates') }} where to_currency = 'USD'
),

ledgers as (
    select vendor, account, min(day) as first_day from {{ ref('int_spend') }} where billed_usd is not null group by vendor, account
),

calendar as (
    select distinct month from {{ ref('int_calendar') }}
),

-- What an invoice is about, as its lines say; one without lines, or with a line of no kind, is about everything.
contents as (
    select
        company,
        vendor,
        invoice_id,
        cast(count(*) as bigint) as lines,
        max(case when kind in ('usage', 'other', 'minimum') then 1 else 0 end) = 1 as has_usage,
        max(case when kind in ('seat', 'other') then 1 else 0 end) = 1 as has_seats,
        min(case when kind in ('other', 'tax') then 1 else 0 end) = 1 as is_one_line,
        min(case when kind = 'usage' then service_start end) as usage_start,
        max(case when kind = 'usage' then service_end end) as usage_end
    from lines
    group by company, vendor, invoice_id
),

-- A day's rate holds up to six days on, as banks do not fix one on holidays and at weekends; a month's average is that of the billed month.
rated as (
    select
        invoices.company,
        invoices.vendor,
        invoices.invoice_id,
        rates.source,
        rates.rate,
        row_number() over (
            partition by invoices.company, invoices.vendor, invoices.invoice_id, rates.source order by rates.day desc, rates.company
        ) as place
    from invoices
    inner join rates
        on invoices.currency = rates.from_currency
        and case rates.source
            when 'month_average' then rates.day = cast({{ dbt.date_trunc('month', 'invoices.period_start') }} as date)
            when 'ecb_day' then rates.day <= invoices.issued_on and {{ dbt.datediff('rates.day', 'invoices.issued_on', 'day') }} <= 6
            else rates.day <= invoices.issued_on
        end
),

-- Two rates: the one by which prices in USD became the invoice's amounts, and the one of the day of issue, at which it is booked.
invoiced as (
    select
        invoices.company,
        invoices.vendor,
        invoices.account,
        invoices.invoice_id as bill_id,
        invoices.invoice_id,
        invoices.kind,
        invoices.entity,
        invoices.currency,
        invoices.period_start,
        invoices.period_end,
        invoices.issued_on,
        invoices.total,
        invoices.tax,
        invoices.corrects_invoice_id,
        invoices.billed_via,
        coalesce(contents.lines, 0) as lines,
        coalesce(contents.has_usage, invoices.kind = 'invoice') and invoices.kind = 'invoice' as has_usage,
        coalesce(contents.has_seats, invoices.kind = 'invoice') and invoices.kind = 'invoice' as has_seats,
        coalesce(contents.is_one_line, true) as is_one_line,
        coalesce(contents.usage_start, invoices.period_start) as usage_start,
        coalesce(contents.usage_end, invoices.period_end) as usage_end,
        case when invoices.currency = 'USD' then cast(1 as {{ money_type() }}) else asked.rate end as invoice_rate,
        case when invoices.currency = 'USD' then cast(1 as {{ money_type() }}) else coalesce(booked.rate, asked.rate) end as booking_rate
    from invoices
    left join contents
        on invoices.company = contents.company and invoices.vendor = contents.vendor and invoices.invoice_id = contents.invoice_id
    left join rated as asked
        on invoices.company = asked.company
        and invoices.vendor = asked.vendor
        and invoices.invoice_id = asked.invoice_id
        and invoices.fx_source = asked.source
        and asked.place = 1
    left join rated as booked
        on invoices.company = booked.company
        and invoices.vendor = booked.vendor
        and invoices.invoice_id = booked.invoice_id
        and booked.source = 'ecb_day'
        and booked.place = 1
),

-- Whom a bill will come from: accounts that spend, and those with a contract about seats or a commitment.
payers as (
    select
        coalesce(owners.company, '(company)') as company,
        ledgers.vendor,
        ledgers.account,
        ledgers.first_day
    from ledgers
    left join (select vendor, min(company) as company from contracts group by vendor) as owners on ledgers.vendor = owners.vendor
),

anchors as (
    select
        vendor, account, min(cycle_anchor) as cycle_anchor, min(entity) as entity,
        min(billed_via) as billed_via
    from contracts
    where cycle_anchor is not null and item in ('seat', 'allowance', 'commitment', 'minimum')
    group by vendor, account
),

-- Cycles of a month from the contract's anchor, else calendar months, from the ledger's first day to now.
periods as (
    select
        payers.company,
        payers.vendor,
        payers.account,
        anchors.entity,
        coalesce(anchors.billed_via, 'direct') as billed_via,
        {{ cycle_start('calendar.month', 'anchors.cycle_anchor') }} as period_start,
        {{ cycle_start(dbt.dateadd('month', 1, 'calendar.month'), 'anchors.cycle_anchor') }} as period_end,
        payers.first_day
    from payers
    left join anchors on payers.vendor = anchors.vendor and (anchors.account = payers.account or anchors.account = '(all)')
    cross join calendar
),

-- A period is open while no invoice about use reaches into it.
open_periods as (
    select periods.*
    from periods
    left join invoiced
        on periods.vendor = invoiced.vendor
        and (invoiced.account = '(all)' or periods.account = invoiced.account)
        and invoiced.has_usage
        and invoiced.period_start < periods.period_end
        and invoiced.period_end > periods.period_start
    where invoiced.bill_id is null
        and cast(periods.period_end as date) > periods.first_day
        and cast(periods.period_start as date) <= {{ as_of() }}
),

final as (
    select * from invoiced
    union all
    select
        company,
        vendor,
        account,
        'open:' || account || ':' || cast(cast(period_start as date) as varchar) as bill_id,
        cast(null as varchar) as invoice_id,
        'open' as kind,
        entity,
        'USD' as currency,
        period_start,
        period_end,
        cast(null as date) as issued_on,
        cast(null as {{ money_type() }}) as total,
        cast(null as {{ money_type() }}) as tax,
        cast(null as varchar) as corrects_invoice_id,
        billed_via,
        cast(0 as bigint) as lines,
        true as has_usage,
        true as has_seats,
        true as is_one_line,
        period_start as usage_start,
        period_end as usage_end,
        cast(1 as {{ money_type() }}) as invoice_rate,
        cast(1 as {{ money_type() }}) as booking_rate
    from open_periods
)

select * from final
