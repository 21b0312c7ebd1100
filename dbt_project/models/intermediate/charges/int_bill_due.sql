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

-- What is agreed for a bill, each item once: terms that overlap are a finding of their own. The account's own comes before one for all accounts,
-- the younger before the older. Fees may be several.
agreed as (
    select *
    from (
        select
            bills.bill_id,
            contracts.*,
            row_number() over (
                partition by bills.company, bills.vendor, bills.bill_id, contracts.item, contracts.plan, contracts.sku
                order by case when contracts.account = '(all)' then 1 else 0 end, contracts.valid_from desc, contracts.contract_id desc
            ) as place
        from bills
        inner join contracts on {{ term_of_bill('contracts', 'bills') }}
    ) as ranked
    where place = 1 or item = 'fee'
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
    inner join agreed as contracts
        on bills.company = contracts.company and bills.vendor = contracts.vendor and bills.bill_id = contracts.bill_id
        and contracts.item = 'discount'
        and contracts.unit = 'percent'
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
    inner join agreed as contracts
        on bills.company = contracts.company and bills.vendor = contracts.vendor and bills.bill_id = contracts.bill_id
        and contracts.item = 'minimum'
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
    inner join agreed as contracts
        on bills.company = contracts.company and bills.vendor = contracts.vendor and bills.bill_id = contracts.bill_id
        and contracts.item = 'fee'
        and contracts.unit in ('percent', 'per_month', 'per_cycle')
    left join usage_totals on bills.company = usage_totals.company and bills.vendor = usage_totals.vendor and bills.bill_id = usage_totals.bill_id
    left join seat_totals on bills.company = seat_totals.company and bills.vendor = seat_totals.vendor and bills.bill_id = seat_totals.bill_id
    left join discount_terms
        on bills.company = discount_terms.company and bills.vendor = discount_terms.vendor and bills.bill_id = discount_terms.bill_id
    left join minimum_terms
        on bills.company = minimum_terms.company and bills.vendor = minimum_terms.vendor and bills.bill_id = minimum_terms.bill_id
    where bills.has_usage
    group by bills.company, bills.vendor, bills.bill_id
),

-- Every part by itself: of what is 0 it is known too that it is there.
final as (
    {% for part in ['ledger', 'seat', 'discount', 'minimum', 'cutoff', 'restated', 'prepaid', 'drawdown', 'fee'] %}
    select company, vendor, bill_id, '{{ part }}' as part, term, bridge, amount_usd, evidence, evidence_rows from {{ part }}_terms
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
