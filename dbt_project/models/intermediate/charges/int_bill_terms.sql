{%- set zero = "cast(0 as " ~ money_type() ~ ")" %}
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

restatements as (
    select * from {{ ref('int_restatements') }}
),

decisions as (
    select * from {{ ref('stg_company__bill_decisions') }}
),

-- From what use is worth to what the vendor's ledger bills for it.
ledger_terms as (
    select
        company,
        vendor,
        bill_id,
        case
            when class in ('pooled', 'included') then 'included_pool'
            when class = 'not_charged' then 'not_charged'
            when consumption_usd is null then 'unmetered'
            else 'discount'
        end as term,
        'to_billed' as bridge,
        cast(sum(coalesce(billed_usd, 0) - coalesce(consumption_usd, 0)) as {{ money_type() }}) as amount_usd,
        'ledger: ' || min(stream) as evidence,
        cast(sum(entries) as bigint) as evidence_rows
    from usage
    where is_consumed and not is_unknown
    group by
        company, vendor, bill_id,
        case
            when class in ('pooled', 'included') then 'included_pool'
            when class = 'not_charged' then 'not_charged'
            when consumption_usd is null then 'unmetered'
            else 'discount'
        end
),

seat_terms as (
    select
        seats.company, seats.vendor, seats.bill_id, terms.term, terms.bridge,
        {{ sum_money(
            "case terms.term when 'seats' then seats.seats_usd when 'proration' then seats.proration_usd else seats.price_conversion_usd end"
        ) }} as amount_usd,
        case when terms.term = 'fx' then 'unit prices as invoiced' else min(seats.evidence) end as evidence,
        cast(sum(seats.evidence_rows) as bigint) as evidence_rows
    from seats
    cross join (
        select 'seats' as term, 'to_billed' as bridge
        union all
        select 'proration' as term, 'to_billed' as bridge
        union all
        select 'fx' as term, 'to_invoiced' as bridge
    ) as terms
    group by seats.company, seats.vendor, seats.bill_id, terms.term, terms.bridge
),

-- Use of the period that is not on this bill, and use of other periods that is, as the dates of its lines say.
cutoff_terms as (
    select
        company,
        vendor,
        bill_id,
        'cutoff' as term,
        'to_invoiced' as bridge,
        {{ sum_money('case when is_billed then billed_usd else -billed_usd end') }} as amount_usd,
        'service dates of the lines' as evidence,
        cast(sum(entries) as bigint) as evidence_rows
    from usage
    where is_billed <> is_consumed
    group by company, vendor, bill_id
),

-- What the ledger moved after the day of issue: the bill has it as it was.
streams as (
    select distinct bill_id, company, vendor, account, stream from usage where is_billed
),

restated_terms as (
    select
        bills.company,
        bills.vendor,
        bills.bill_id,
        'late_restatement' as term,
        'to_invoiced' as bridge,
        cast(-sum(restatements.billed_usd_moved) as {{ money_type() }}) as amount_usd,
        'restatements after the day of issue' as evidence,
        cast(count(*) as bigint) as evidence_rows
    from bills
    inner join streams on bills.company = streams.company and bills.vendor = streams.vendor and bills.bill_id = streams.bill_id
    inner join restatements
        on streams.vendor = restatements.vendor
        and streams.account = restatements.account
        and streams.stream = restatements.stream
        and cast(restatements.day as timestamp) >= bills.usage_start
        and cast(restatements.day as timestamp) < bills.usage_end
        and restatements.restated_on > bills.issued_on
    where restatements.billed_usd_moved <> 0
    group by bills.company, bills.vendor, bills.bill_id
),

-- What each named use should be on the bill.
named_usage as (
    select company, vendor, bill_id, lower(name) as name, lower(model) as model, {{ sum_money('billed_usd') }} as amount_usd
    from usage
    where is_billed and billed_usd is not null
    group by company, vendor, bill_id, lower(name), lower(model)
),

late_usage as (
    select company, vendor, bill_id, amount_usd from restated_terms
),

usage_totals as (
    select company, vendor, bill_id, {{ sum_money('amount_usd') }} as usage_usd
    from (
        select company, vendor, bill_id, amount_usd from named_usage
        union all
        select company, vendor, bill_id, amount_usd from late_usage
    ) as parts
    group by company, vendor, bill_id
),

seat_totals as (
    select company, vendor, bill_id, {{ sum_money('seats_usd + proration_usd') }} as seats_usd
    from seats
    group by company, vendor, bill_id
),

-- Discounts that no report of the vendor knows: always of Copilot, else where the bill shows them on a line. What a ledger has taken off
-- already is not taken off twice.
discount_lines as (
    select distinct company, vendor, invoice_id from lines where kind = 'discount'
),

discount_bases as (
    select
        bills.company,
        bills.vendor,
        bills.bill_id,
        contracts.contract_id,
        contracts.sku,
        contracts.plan,
        contracts.amount as percent,
        bills.invoice_rate,
        bills.currency,
        case
            when contracts.plan <> '(all)' then plan_seats.seats_usd
            when contracts.sku <> '(all)' then named.usage_usd + case when named.is_all_usage then coalesce(late.amount_usd, 0) else 0 end
            else coalesce(usage_totals.usage_usd, 0) + coalesce(seat_totals.seats_usd, 0)
        end as base_usd
    from bills
    inner join contracts
        on {{ term_of_bill('contracts', 'bills') }} and contracts.item = 'discount' and contracts.unit = 'percent'
    left join discount_lines
        on bills.company = discount_lines.company
        and bills.vendor = discount_lines.vendor
        and bills.invoice_id = discount_lines.invoice_id
    left join usage_totals on bills.company = usage_totals.company and bills.vendor = usage_totals.vendor and bills.bill_id = usage_totals.bill_id
    left join seat_totals on bills.company = seat_totals.company and bills.vendor = seat_totals.vendor and bills.bill_id = seat_totals.bill_id
    left join (
        select company, vendor, bill_id, plan, {{ sum_money('seats_usd + proration_usd') }} as seats_usd
        from seats
        group by company, vendor, bill_id, plan
    ) as plan_seats
        on bills.company = plan_seats.company
        and bills.vendor = plan_seats.vendor
        and bills.bill_id = plan_seats.bill_id
        and contracts.plan = plan_seats.plan
    left join (
        select
            named_usage.company,
            named_usage.vendor,
            named_usage.bill_id,
            agreed.sku,
            {{ sum_money('named_usage.amount_usd') }} as usage_usd,
            -- A restatement tells no SKU: it is taken for that of the pool, which is what GitHub restates.
            max(case when named_usage.name = 'ai_credits' then 1 else 0 end) = 1 as is_all_usage
        from named_usage
        inner join (select distinct vendor, sku from contracts where item = 'discount') as agreed
            on named_usage.vendor = agreed.vendor and lower(agreed.sku) in (named_usage.name, named_usage.model)
        group by named_usage.company, named_usage.vendor, named_usage.bill_id, agreed.sku
    ) as named
        on bills.company = named.company
        and bills.vendor = named.vendor
        and bills.bill_id = named.bill_id
        and contracts.sku = named.sku
    left join late_usage as late on bills.company = late.company and bills.vendor = late.vendor and bills.bill_id = late.bill_id
    where bills.has_usage and (bills.vendor = 'github_copilot' or discount_lines.invoice_id is not null)
),

discount_terms as (
    select
        company,
        vendor,
        bill_id,
        'discount' as term,
        'to_billed' as bridge,
        -- A bill takes the share off the amount that it shows, which is in whole minor units.
        cast(-sum({{ percent_of(as_written('base_usd', 'invoice_rate', 'currency'), 'percent') }}) as {{ money_type() }}) as amount_usd,
        'contract ' || min(contract_id) as evidence,
        cast(count(*) as bigint) as evidence_rows
    from discount_bases
    where base_usd is not null
    group by company, vendor, bill_id
),

-- A minimum fills up what everything together leaves open.
minimum_terms as (
    select
        bills.company,
        bills.vendor,
        bills.bill_id,
        'minimum' as term,
        'to_billed' as bridge,
        cast(
            greatest(
                sum(
                    {{ times(
                        'contracts.amount',
                        "case when contracts.currency = 'USD' then cast(1 as " ~ money_type() ~ ") else bills.invoice_rate end"
                    ) }}
                )
                - max(
                    coalesce(usage_totals.usage_usd, 0) + coalesce(seat_totals.seats_usd, 0) + coalesce(discount_terms.amount_usd, 0)
                ),
                0
            ) as {{ money_type() }}
        ) as amount_usd,
        'contract ' || min(contracts.contract_id) as evidence,
        cast(count(*) as bigint) as evidence_rows
    from bills
    inner join contracts on {{ term_of_bill('contracts', 'bills') }} and contracts.item = 'minimum'
    left join usage_totals on bills.company = usage_totals.company and bills.vendor = usage_totals.vendor and bills.bill_id = usage_totals.bill_id
    left join seat_totals on bills.company = seat_totals.company and bills.vendor = seat_totals.vendor and bills.bill_id = seat_totals.bill_id
    left join discount_terms
        on bills.company = discount_terms.company and bills.vendor = discount_terms.vendor and bills.bill_id = discount_terms.bill_id
    where bills.kind = 'invoice' and bills.has_usage and contracts.unit in ('per_month', 'per_cycle')
    group by bills.company, bills.vendor, bills.bill_id
),

-- Bought ahead: what the invoice calls prepaid. Credits may cost less than they are worth; then the line says how many.
prepaid_lines as (
    select
        bills.company,
        bills.vendor,
        bills.bill_id,
        bills.account,
        coalesce(lines.service_start, bills.period_start) as valid_from,
        {{ times('lines.amount', 'bills.invoice_rate') }} as paid_usd,
        {{ times(
            'case when lines.quantity is not null and lines.unit_price <= 1 then lines.quantity else lines.amount end', 'bills.invoice_rate'
        ) }} as credit_usd
    from lines
    inner join bills on lines.company = bills.company and lines.vendor = bills.vendor and lines.invoice_id = bills.invoice_id
    where lines.kind = 'prepaid'
),

prepaid_terms as (
    select
        company, vendor, bill_id, 'prepaid_purchase' as term, 'to_invoiced' as bridge, {{ sum_money('paid_usd') }} as amount_usd,
        'prepaid lines' as evidence,
        cast(count(*) as bigint) as evidence_rows
    from prepaid_lines
    group by company, vendor, bill_id
),

-- What is drawn down up to each bill: all use so far, less what no credit was left for. The running minimum is the balance that ran out.
draws as (
    select
        bills.company,
        bills.vendor,
        bills.bill_id,
        bills.account,
        bills.period_start,
        usage_totals.usage_usd + coalesce(discount_terms.amount_usd, 0) as draw_usd,
        coalesce(sum(prepaid_lines.credit_usd), 0) as credit_usd
    from bills
    inner join usage_totals on bills.company = usage_totals.company and bills.vendor = usage_totals.vendor and bills.bill_id = usage_totals.bill_id
    left join discount_terms
        on bills.company = discount_terms.company and bills.vendor = discount_terms.vendor and bills.bill_id = discount_terms.bill_id
    inner join (
        select company, vendor, account, min(valid_from) as first_at from prepaid_lines group by company, vendor, account
    ) as prepaid
        on bills.company = prepaid.company
        and bills.vendor = prepaid.vendor
        and (prepaid.account = '(all)' or bills.account = prepaid.account)
        and bills.period_end > prepaid.first_at
    left join prepaid_lines
        on bills.company = prepaid_lines.company
        and bills.vendor = prepaid_lines.vendor
        and (prepaid_lines.account = '(all)' or bills.account = prepaid_lines.account)
        and prepaid_lines.valid_from < bills.period_end
    group by
        bills.company, bills.vendor, bills.bill_id, bills.account, bills.period_start, usage_totals.usage_usd, discount_terms.amount_usd
),

running as (
    select
        *,
        sum(draw_usd) over (partition by company, vendor, account order by period_start, bill_id) as drawn_usd
    from draws
),

short as (
    select
        *,
        least(
            0, min(credit_usd - drawn_usd) over (partition by company, vendor, account order by period_start, bill_id)
        ) as shortfall_usd
    from running
),

drawdown_terms as (
    select
        company,
        vendor,
        bill_id,
        'drawdown' as term,
        'to_invoiced' as bridge,
        cast(
            -(
                draw_usd + shortfall_usd
                - coalesce(lag(shortfall_usd) over (partition by company, vendor, account order by period_start, bill_id), 0)
            ) as {{ money_type() }}
        ) as amount_usd,
        'balance of prepaid credits' as evidence,
        cast(1 as bigint) as evidence_rows
    from short
),

-- A share of everything else that the bill charges.
fee_terms as (
    select
        bills.company,
        bills.vendor,
        bills.bill_id,
        'reseller_fee' as term,
        'to_invoiced' as bridge,
        cast(
            sum(
                case
                    when contracts.unit = 'percent'
                        then {{ percent_of(
                            'coalesce(usage_totals.usage_usd, 0) + coalesce(seat_totals.seats_usd, 0)'
                            ~ ' + coalesce(discount_terms.amount_usd, 0) + coalesce(minimum_terms.amount_usd, 0)', 'contracts.amount'
                        ) }}
                    else contracts.amount
                end
            ) as {{ money_type() }}
        ) as amount_usd,
        'contract ' || min(contracts.contract_id) as evidence,
        cast(count(*) as bigint) as evidence_rows
    from bills
    inner join contracts
        on {{ term_of_bill('contracts', 'bills') }} and contracts.item = 'fee' and contracts.unit in ('percent', 'per_month', 'per_cycle')
    left join usage_totals on bills.company = usage_totals.company and bills.vendor = usage_totals.vendor and bills.bill_id = usage_totals.bill_id
    left join seat_totals on bills.company = seat_totals.company and bills.vendor = seat_totals.vendor and bills.bill_id = seat_totals.bill_id
    left join discount_terms
        on bills.company = discount_terms.company and bills.vendor = discount_terms.vendor and bills.bill_id = discount_terms.bill_id
    left join minimum_terms
        on bills.company = minimum_terms.company and bills.vendor = minimum_terms.vendor and bills.bill_id = minimum_terms.bill_id
    where bills.has_usage
    group by bills.company, bills.vendor, bills.bill_id
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
    left join drawdown_terms
        on bills.company = drawdown_terms.company and bills.vendor = drawdown_terms.vendor and bills.bill_id = drawdown_terms.bill_id
    where lines.kind <> 'tax'
        and lines.amount < 0
        and case
            when bills.kind = 'credit_memo' then corrected.invoice_id is not null
            when lines.kind = 'credit' then drawdown_terms.bill_id is null
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
        select company, vendor, bill_id, term, amount_usd from discount_terms
        union all
        select company, vendor, bill_id, term, amount_usd from minimum_terms
        union all
        select company, vendor, bill_id, term, amount_usd from fee_terms
        union all
        select company, vendor, bill_id, term, amount_usd from drawdown_terms
        union all
        select company, vendor, bill_id, term, amount_usd from restated_terms
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
        {% for name in [
            'ledger_terms', 'seat_terms', 'discount_terms', 'minimum_terms', 'cutoff_terms', 'restated_terms', 'prepaid_terms',
            'drawdown_terms', 'fee_terms', 'credit_terms', 'decision_terms', 'tax_terms', 'rounding_terms', 'fx_terms'
        ] %}
        select company, vendor, bill_id, term, bridge, amount_usd, evidence, evidence_rows from {{ name }}
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as terms
    where amount_usd <> 0
    group by company, vendor, bill_id, term, bridge
)

select * from final
