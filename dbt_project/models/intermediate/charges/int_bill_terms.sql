with bills as (
    select * from {{ ref('int_bills') }}
),

lines as (
    select * from {{ ref('stg_company__invoice_lines') }}
),

contracts as (
    select * from {{ ref('stg_company__contracts') }}
),

usage as (
    select * from {{ ref('int_bill_usage') }} where class <> 'seat'
),

seats as (
    select * from {{ ref('int_bill_seats') }}
),

decisions as (
    select * from {{ ref('stg_company__bill_decisions') }}
),

due as (
    select * from {{ ref('int_bill_due') }}
),

-- What each named use should be on the bill.
named_usage as (
    select company, vendor, bill_id, lower(name) as name, lower(model) as model, {{ sum_money('billed_usd') }} as amount_usd
    from usage
    where is_billed and billed_usd is not null
    group by company, vendor, bill_id, lower(name), lower(model)
),

-- Money back: a refund or credit in our favour on a bill, and every line of a credit memo whose invoice is known.
credit_terms as (
    select
        bills.company,
        bills.vendor,
        bills.bill_id,
        case when lines.kind = 'refund' then 'refund' else 'credit_memo' end as term,
        'to_invoiced' as bridge,
        {{ sum_money(times('lines.amount', 'bills.invoice_rate')) }} as amount_usd,
        case when bills.kind = 'credit_memo' then 'credit memo for ' || coalesce(min(bills.corrects_invoice_id), 'no invoice') else 'lines' end
            as evidence,
        cast(count(*) as bigint) as evidence_rows
    from lines
    inner join bills on lines.company = bills.company and lines.vendor = bills.vendor and lines.invoice_id = bills.invoice_id
    left join bills as corrected
        on bills.company = corrected.company and bills.vendor = corrected.vendor and bills.corrects_invoice_id = corrected.invoice_id
    left join due as drawdowns
        on drawdowns.part = 'drawdown'
        and bills.company = drawdowns.company
        and bills.vendor = drawdowns.vendor
        and bills.bill_id = drawdowns.bill_id
    where lines.kind <> 'tax'
        and lines.amount < 0
        and case
            when bills.kind = 'credit_memo' then corrected.invoice_id is not null
            when lines.kind = 'credit' then drawdowns.bill_id is null
            else lines.kind = 'refund'
        end
    group by bills.company, bills.vendor, bills.bill_id, bills.kind, case when lines.kind = 'refund' then 'refund' else 'credit_memo' end
),

-- What somebody decided and somebody approved, with a reason.
decision_terms as (
    select
        bills.company,
        bills.vendor,
        bills.bill_id,
        'adjustment' as term,
        'to_invoiced' as bridge,
        {{ sum_money(times('decisions.amount', 'bills.invoice_rate')) }} as amount_usd,
        'decision ' || min(decisions.decision_id) as evidence,
        cast(count(*) as bigint) as evidence_rows
    from decisions
    inner join bills
        on decisions.company = bills.company and decisions.vendor = bills.vendor and decisions.invoice_id = bills.invoice_id
    where decisions.kind = 'adjustment'
    group by bills.company, bills.vendor, bills.bill_id
),

-- The lines beside what each should be. A line finds its use by name; where something sits in the lines that has none of its own (a late
-- restatement, a discount, a minimum, a fee, a drawdown), all lines of use are one group.
own_lines as (
    select
        company, vendor, invoice_id,
        max(case when kind = 'discount' then 1 else 0 end) as discount,
        max(case when kind = 'minimum' then 1 else 0 end) as minimum,
        max(case when kind = 'fee' then 1 else 0 end) as fee,
        max(case when kind = 'credit' then 1 else 0 end) as drawdown
    from lines
    group by company, vendor, invoice_id
),

inner_terms as (
    select
        all_terms.company, all_terms.vendor, all_terms.bill_id, all_terms.term,
        all_terms.amount_usd,
        case all_terms.term
            when 'discount' then coalesce(own_lines.discount, 0)
            when 'minimum' then coalesce(own_lines.minimum, 0)
            when 'reseller_fee' then coalesce(own_lines.fee, 0)
            when 'drawdown' then coalesce(own_lines.drawdown, 0)
            else 0
        end = 1 as has_own_line
    from (
        select company, vendor, bill_id, term, amount_usd from due where part in ('discount', 'minimum', 'fee', 'drawdown', 'restated')
    ) as all_terms
    left join own_lines
        on all_terms.company = own_lines.company and all_terms.vendor = own_lines.vendor and all_terms.bill_id = own_lines.invoice_id
),

one_group as (
    select distinct company, vendor, bill_id from inner_terms where not has_own_line and amount_usd <> 0
),

agreed_vendors as (
    select distinct company, vendor, billed_via from contracts
),

-- A reseller's one line is everything, but only where a contract with that reseller says what everything is.
whole_bills as (
    select bills.company, bills.vendor, bills.bill_id
    from bills
    left join agreed_vendors
        on bills.company = agreed_vendors.company
        and bills.vendor = agreed_vendors.vendor
        and bills.billed_via = agreed_vendors.billed_via
    where bills.kind = 'invoice' and bills.is_one_line and (agreed_vendors.vendor is not null or bills.billed_via = 'direct')
),

line_groups as (
    select
        bills.company,
        bills.vendor,
        bills.bill_id,
        case
            when whole_bills.bill_id is not null then 'all'
            when lines.kind = 'usage' and one_group.bill_id is null and found.name is not null then 'usage ' || lower(lines.sku)
            else lines.kind
        end as line_group,
        lines.kind,
        {{ times('lines.amount', 'bills.invoice_rate') }} as amount_usd
    from lines
    inner join bills on lines.company = bills.company and lines.vendor = bills.vendor and lines.invoice_id = bills.invoice_id
    left join whole_bills
        on bills.company = whole_bills.company and bills.vendor = whole_bills.vendor and bills.bill_id = whole_bills.bill_id
    left join one_group on bills.company = one_group.company and bills.vendor = one_group.vendor and bills.bill_id = one_group.bill_id
    left join (
        select company, vendor, bill_id, name from named_usage
        union
        select company, vendor, bill_id, model from named_usage
    ) as found
        on bills.company = found.company
        and bills.vendor = found.vendor
        and bills.bill_id = found.bill_id
        and lower(lines.sku) = found.name
    where lines.kind <> 'tax' and bills.kind = 'invoice'
    union all
    -- A bill without lines has one: its total without tax.
    select bills.company, bills.vendor, bills.bill_id, 'all', 'other', {{ times('bills.total - coalesce(bills.tax, 0)', 'bills.invoice_rate') }}
    from bills
    inner join whole_bills
        on bills.company = whole_bills.company and bills.vendor = whole_bills.vendor and bills.bill_id = whole_bills.bill_id
    where bills.lines = 0
),

line_sums as (
    select
        company, vendor, bill_id, line_group, {{ sum_money('amount_usd') }} as amount_usd,
        cast(count(*) as bigint) as lines
    from line_groups
    group by company, vendor, bill_id, line_group
),

expectations as (
    select
        named_usage.company, named_usage.vendor, named_usage.bill_id,
        case
            when one_group.bill_id is not null then 'usage'
            when by_name.line_group is not null then by_name.line_group
            when by_model.line_group is not null then by_model.line_group
            else 'usage'
        end as line_group,
        named_usage.amount_usd
    from named_usage
    left join one_group
        on named_usage.company = one_group.company and named_usage.vendor = one_group.vendor and named_usage.bill_id = one_group.bill_id
    left join line_sums as by_name
        on named_usage.company = by_name.company
        and named_usage.vendor = by_name.vendor
        and named_usage.bill_id = by_name.bill_id
        and by_name.line_group = 'usage ' || named_usage.name
    left join line_sums as by_model
        on named_usage.company = by_model.company
        and named_usage.vendor = by_model.vendor
        and named_usage.bill_id = by_model.bill_id
        and by_model.line_group = 'usage ' || named_usage.model
    union all
    select company, vendor, bill_id, 'seat', {{ sum_money('seats_usd + proration_usd + price_conversion_usd') }}
    from seats
    group by company, vendor, bill_id
    union all
    select
        company, vendor, bill_id,
        case
            when not has_own_line then 'usage'
            when term = 'reseller_fee' then 'fee'
            when term = 'drawdown' then 'credit'
            else term
        end,
        amount_usd
    from inner_terms
),

expected as (
    select
        expectations.company, expectations.vendor, expectations.bill_id,
        case when whole_bills.bill_id is not null then 'all' else expectations.line_group end as line_group,
        {{ sum_money('expectations.amount_usd') }} as expected_usd
    from expectations
    left join whole_bills
        on expectations.company = whole_bills.company
        and expectations.vendor = whole_bills.vendor
        and expectations.bill_id = whole_bills.bill_id
    group by
        expectations.company, expectations.vendor, expectations.bill_id,
        case when whole_bills.bill_id is not null then 'all' else expectations.line_group end
),

-- Tax at the agreed rate on what the bill charges; where none is agreed, as the bill states it.
nets as (
    select
        bills.company,
        bills.vendor,
        bills.bill_id,
        bills.invoice_rate,
        bills.currency,
        bills.total,
        bills.lines,
        coalesce(bills.tax, line_tax.tax) as tax,
        coalesce(line_tax.taxed_lines, 0) as taxed_lines,
        case when bills.lines = 0 then bills.total - coalesce(bills.tax, 0) else line_tax.net end as net
    from bills
    left join (
        select
            company,
            vendor,
            invoice_id,
            sum(case when kind <> 'tax' then amount else 0 end) as net,
            sum(case when kind = 'tax' then amount else 0 end) + sum(coalesce(tax, 0)) as tax,
            sum(case when kind = 'tax' or tax <> 0 then 1 else 0 end) as taxed_lines
        from lines
        group by company, vendor, invoice_id
    ) as line_tax
        on bills.company = line_tax.company and bills.vendor = line_tax.vendor and bills.invoice_id = line_tax.invoice_id
    where bills.kind <> 'open'
),

taxed as (
    select
        nets.company,
        nets.vendor,
        nets.bill_id,
        nets.currency,
        nets.invoice_rate,
        {{ times('nets.tax', 'nets.invoice_rate') }} as stated_usd,
        greatest(nets.taxed_lines, 1) as lines,
        max(contracts.contract_id) as contract_id,
        case
            when count(contracts.contract_id) > 0
                then {{ times(percent_of('nets.net', 'sum(contracts.amount)'), 'nets.invoice_rate') }}
            else {{ times('coalesce(nets.tax, 0)', 'nets.invoice_rate') }}
        end as expected_usd
    from nets
    left join (
        select distinct
            bills.bill_id, bills.company, bills.vendor, contracts.contract_id, contracts.amount
        from bills
        inner join contracts on {{ term_of_bill('contracts', 'bills') }} and contracts.item = 'tax' and contracts.unit = 'percent'
    ) as contracts
        on nets.company = contracts.company and nets.vendor = contracts.vendor and nets.bill_id = contracts.bill_id
    group by
        nets.company, nets.vendor, nets.bill_id, nets.currency, nets.invoice_rate, nets.tax, nets.net, nets.taxed_lines
),

tax_terms as (
    select
        company, vendor, bill_id, 'tax' as term, 'to_invoiced' as bridge, cast(expected_usd as {{ money_type() }}) as amount_usd,
        case when contract_id is null then 'tax as invoiced' else 'contract ' || contract_id end as evidence,
        cast(lines as bigint) as evidence_rows
    from taxed
),

-- A group of lines that is what it should be, written in whole minor units: the difference is rounding. Where it is not, rounding is what
-- writing the expected amount takes, and the rest has no evidence.
groups as (
    select
        line_sums.company,
        line_sums.vendor,
        line_sums.bill_id,
        line_sums.amount_usd,
        expected.expected_usd,
        line_sums.lines
    from line_sums
    inner join expected
        on line_sums.company = expected.company
        and line_sums.vendor = expected.vendor
        and line_sums.bill_id = expected.bill_id
        and line_sums.line_group = expected.line_group
    union all
    select company, vendor, bill_id, stated_usd, expected_usd, lines from taxed where stated_usd is not null
),

rounding_terms as (
    select
        bills.company,
        bills.vendor,
        bills.bill_id,
        'rounding' as term,
        'to_invoiced' as bridge,
        {{ sum_money(
            "case when 2 * abs(groups.amount_usd - groups.expected_usd) <= groups.lines * "
            ~ times('bills.invoice_rate', minor_unit('bills.currency'))
            ~ " then groups.amount_usd - groups.expected_usd else "
            ~ as_written('groups.expected_usd', 'bills.invoice_rate', 'bills.currency') ~ " - groups.expected_usd end"
        ) }} as amount_usd,
        'lines in whole minor units' as evidence,
        cast(sum(groups.lines) as bigint) as evidence_rows
    from groups
    inner join bills on groups.company = bills.company and groups.vendor = bills.vendor and groups.bill_id = bills.bill_id
    group by bills.company, bills.vendor, bills.bill_id
),

fx_terms as (
    select
        company,
        vendor,
        bill_id,
        'fx' as term,
        'to_invoiced' as bridge,
        cast({{ times('total', 'booking_rate') }} - {{ times('total', 'invoice_rate') }} as {{ money_type() }}) as amount_usd,
        'rate of the day of issue against that of the invoice' as evidence,
        cast(2 as bigint) as evidence_rows
    from bills
    where currency <> 'USD' and kind <> 'open'
),

final as (
    select
        company, vendor, bill_id, term, bridge, {{ sum_money('amount_usd') }} as amount_usd, string_agg(evidence, '; ' order by evidence)
            as evidence,
        {{ sum_count('evidence_rows') }} as evidence_rows
    from (
        {% for name in ['due', 'credit_terms', 'decision_terms', 'tax_terms', 'rounding_terms', 'fx_terms'] %}
        select company, vendor, bill_id, term, bridge, amount_usd, evidence, evidence_rows from {{ name }}
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as terms
    where amount_usd <> 0
    group by company, vendor, bill_id, term, bridge
)

select * from final
