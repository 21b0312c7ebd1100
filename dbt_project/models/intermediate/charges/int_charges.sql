with bills as (
    select * from {{ ref('int_bills') }}
),

invoice_lines as (
    select * from {{ ref('stg_company__invoice_lines') }}
),

usage as (
    select * from {{ ref('int_bill_usage') }} where class <> 'seat'
),

terms as (
    select * from {{ ref('int_bill_terms') }}
),

reconciliation as (
    select * from {{ ref('reconciliation') }}
),

-- What is agreed to be spent in a span that ends. A month's amount holds for every month of it.
commitments as (
    select
        *,
        amount * case unit
            when 'once' then 1
            when 'per_year' then greatest({{ dbt.datediff('valid_from', 'valid_to', 'year') }}, 1)
            else greatest({{ dbt.datediff('valid_from', 'valid_to', 'month') }}, 1)
        end as agreed
    from {{ ref('stg_company__contracts') }}
    where item = 'commitment' and valid_to < cast('9999-12-31' as date) and unit in ('once', 'per_year', 'per_month', 'per_cycle')
),

calendar as (
    select distinct month from {{ ref('int_calendar') }}
),

-- A line of the invoice is a charge. Where the lines say nothing of it, what the total has beyond them is one too.
lines as (
    select
        bills.company,
        bills.vendor,
        bills.bill_id,
        invoice_lines.line_id as part,
        invoice_lines.kind,
        invoice_lines.sku,
        invoice_lines.plan,
        invoice_lines.quantity,
        invoice_lines.unit_price,
        invoice_lines.amount,
        coalesce(invoice_lines.service_start, bills.period_start) as charge_start,
        coalesce(invoice_lines.service_end, bills.period_end) as charge_end
    from invoice_lines
    inner join bills
        on invoice_lines.company = bills.company and invoice_lines.vendor = bills.vendor and invoice_lines.invoice_id = bills.invoice_id
    where invoice_lines.kind <> 'tax'
),

line_sums as (
    select company, vendor, bill_id, sum(amount) as net from lines group by company, vendor, bill_id
),

line_taxes as (
    select
        company, vendor, invoice_id,
        sum(case when kind = 'tax' then amount else 0 end) + sum(coalesce(tax, 0)) as tax
    from invoice_lines
    group by company, vendor, invoice_id
),

wholes as (
    select
        bills.*,
        coalesce(bills.tax, line_taxes.tax, 0) as all_tax,
        line_sums.net
    from bills
    left join line_sums on bills.company = line_sums.company and bills.vendor = line_sums.vendor and bills.bill_id = line_sums.bill_id
    left join line_taxes on bills.company = line_taxes.company and bills.vendor = line_taxes.vendor and bills.invoice_id = line_taxes.invoice_id
    where bills.kind <> 'open'
),

beside_lines as (
    select company, vendor, bill_id, '(tax)' as part, 'tax' as kind, all_tax as amount, period_start, period_end
    from wholes
    where all_tax <> 0
    union all
    select
        company, vendor, bill_id, '(total)' as part,
        case when net is null then 'whole' else 'unexplained' end as kind,
        total - all_tax - coalesce(net, 0) as amount,
        period_start,
        period_end
    from wholes
    where total - all_tax <> coalesce(net, 0)
),

-- Seats paid for more than a month are used month by month: the purchase covers what comes, each month carries its share.
long_lines as (
    select
        *,
        vendor || '|' || bill_id || '|' || part as pot,
        amount as pot_amount
    from lines
    where kind = 'seat' and charge_end > {{ dbt.dateadd('day', 32, 'charge_start') }}
),

month_claims as (
    select
        long_lines.pot,
        cast(calendar.month as varchar) as month,
        {{ dbt.datediff(
            'greatest(cast(long_lines.charge_start as date), calendar.month)',
            'least(cast(long_lines.charge_end as date), cast(' ~ dbt.dateadd('month', 1, 'calendar.month') ~ ' as date))',
            'day'
        ) }} as days
    from long_lines
    inner join calendar
        on calendar.month < cast(long_lines.charge_end as date)
        and {{ dbt.dateadd('month', 1, 'calendar.month') }} > cast(long_lines.charge_start as date)
    union all
    -- What the calendar does not reach yet.
    select
        pot, '(later)',
        {{ dbt.datediff('(select max(' ~ dbt.dateadd('month', 1, 'month') ~ ') from calendar)', 'cast(charge_end as timestamp)', 'day') }}
    from long_lines
    where charge_end > (select cast(max({{ dbt.dateadd('month', 1, 'month') }}) as timestamp) from calendar)
),

month_shares as (
    {{ allocate('long_lines', 'month_claims', ['pot'], 'month', 'pot_amount', 'days') }}
),

-- What was bought ahead and ran out unused.
prepaid as (
    select
        bills.vendor,
        bills.account,
        bills.company,
        max(lines.bill_id) as bill_id,
        sum({{ times('lines.amount', 'bills.invoice_rate') }}) as paid_usd,
        max(lines.charge_start) as charge_start,
        max(lines.charge_end) as charge_end
    from lines
    inner join bills on lines.company = bills.company and lines.vendor = bills.vendor and lines.bill_id = bills.bill_id
    where lines.kind = 'prepaid'
    group by bills.vendor, bills.account, bills.company
),

drawn as (
    select bills.company, bills.vendor, bills.account, {{ sum_money('terms.amount_usd') }} as drawn_usd
    from terms
    inner join bills on terms.company = bills.company and terms.vendor = bills.vendor and terms.bill_id = bills.bill_id
    where terms.term = 'drawdown'
    group by bills.company, bills.vendor, bills.account
),

unused as (
    select
        prepaid.company, prepaid.vendor, prepaid.bill_id, prepaid.charge_start, prepaid.charge_end,
        cast(prepaid.paid_usd + coalesce(drawn.drawn_usd, 0) as {{ money_type() }}) as unused_usd
    from prepaid
    left join drawn on prepaid.company = drawn.company and prepaid.vendor = drawn.vendor and prepaid.account = drawn.account
    where prepaid.charge_end <= cast({{ as_of() }} as timestamp)
),

-- A commitment that no invoice has sold ahead stands on no line: what of it is left shows on the last bill that it reaches. What a bill charges for
-- falling short of it (a minimum) fills it up.
committed_bills as (
    select
        commitments.*,
        bills.bill_id,
        {{ times(
            'commitments.agreed', "case when commitments.currency = 'USD' then 1 when commitments.currency = bills.currency then bills.booking_rate end"
        ) }} as agreed_usd,
        row_number() over (
            partition by commitments.company, commitments.vendor, commitments.account, commitments.contract_id, commitments.valid_from
            order by bills.period_start desc, bills.bill_id desc
        ) as place
    from commitments
    inner join bills
        on commitments.company = bills.company
        and commitments.vendor = bills.vendor
        and (commitments.account = '(all)' or commitments.account = bills.account)
        and bills.has_usage
        and bills.period_start < cast(commitments.valid_to as timestamp)
        and bills.period_end > cast(commitments.valid_from as timestamp)
    left join prepaid
        on bills.company = prepaid.company
        and bills.vendor = prepaid.vendor
        and (prepaid.account = '(all)' or bills.account = prepaid.account)
    where prepaid.bill_id is null
),

met as (
    select company, vendor, bill_id, {{ sum_money('amount_usd') }} as met_usd
    from (
        select company, vendor, bill_id, billed_usd as amount_usd from usage where is_billed
        union all
        select lines.company, lines.vendor, lines.bill_id, {{ times('lines.amount', 'bills.booking_rate') }}
        from lines
        inner join bills on lines.company = bills.company and lines.vendor = bills.vendor and lines.bill_id = bills.bill_id
        where lines.kind = 'minimum'
    ) as amounts
    group by company, vendor, bill_id
),

idle as (
    select
        committed_bills.company,
        committed_bills.vendor,
        committed_bills.contract_id,
        max(case when committed_bills.place = 1 then committed_bills.bill_id end) as bill_id,
        committed_bills.account || ' ' || committed_bills.contract_id || ' ' || cast(committed_bills.valid_from as varchar) as part,
        committed_bills.valid_to <= {{ as_of() }} as is_over,
        cast(committed_bills.valid_from as timestamp) as charge_start,
        cast(committed_bills.valid_to as timestamp) as charge_end,
        cast(
            max(case when committed_bills.place = 1 then committed_bills.agreed_usd end) - coalesce(sum(met.met_usd), 0) as {{ money_type() }}
        ) as idle_usd
    from committed_bills
    left join met
        on committed_bills.company = met.company and committed_bills.vendor = met.vendor and committed_bills.bill_id = met.bill_id
    group by
        committed_bills.company, committed_bills.vendor, committed_bills.account, committed_bills.contract_id, committed_bills.valid_from,
        committed_bills.valid_to
),

charges as (
    select
        company, vendor, bill_id, part, kind, sku, plan, quantity, unit_price, charge_start, charge_end,
        amount as billed_cost,
        case
            when kind = 'prepaid' then 0
            when kind = 'seat' and charge_end > {{ dbt.dateadd('day', 32, 'charge_start') }} then 0
            when kind = 'credit' and has_drawdown then 0
            else amount
        end as effective_cost,
        cast(null as {{ money_type() }}) as consumption_usd,
        cast(null as {{ money_type() }}) as effective_usd
    from (
        select lines.*, drawdowns.bill_id is not null as has_drawdown
        from lines
        left join (select distinct company, vendor, bill_id from terms where term = 'drawdown') as drawdowns
            on lines.company = drawdowns.company and lines.vendor = drawdowns.vendor and lines.bill_id = drawdowns.bill_id
    ) as lines
    union all
    select
        company, vendor, bill_id, part, kind, null, null, null, null, period_start, period_end, amount, amount, null, null
    from beside_lines
    union all
    select
        long_lines.company, long_lines.vendor, long_lines.bill_id, long_lines.part || ' ' || month_shares.month, 'seat month',
        long_lines.sku, long_lines.plan, null, null,
        case
            when month_shares.month = '(later)' then long_lines.charge_start
            else greatest(cast(cast(month_shares.month as date) as timestamp), long_lines.charge_start)
        end,
        case
            when month_shares.month = '(later)' then long_lines.charge_end
            else least(
                cast({{ dbt.dateadd('month', 1, 'cast(month_shares.month as date)') }} as timestamp), long_lines.charge_end
            )
        end,
        0, month_shares.share, null, null
    from month_shares
    inner join long_lines on month_shares.pot = long_lines.pot
    union all
    -- Use that a pool, a seat or nobody pays for: no cost of its own.
    select
        usage.company, usage.vendor, usage.bill_id, '(covered) ' || usage.class || ' ' || usage.name || ' ' || usage.account, usage.class,
        usage.name, null, null, null, bills.period_start, bills.period_end, 0, 0, {{ sum_money('usage.consumption_usd') }}, null
    from usage
    inner join bills on usage.company = bills.company and usage.vendor = bills.vendor and usage.bill_id = bills.bill_id
    where usage.class in ('included', 'pooled', 'not_charged') and usage.is_consumed and bills.kind <> 'open'
    group by
        usage.company, usage.vendor, usage.bill_id, usage.class, usage.name, usage.account, bills.period_start, bills.period_end
    union all
    -- What of the charged use is the vendor's fee per token: on no line of its own, so without a cost of its own.
    select
        usage.company, usage.vendor, usage.bill_id, '(of which) token fee ' || usage.account, 'token fee', null, null,
        {{ sum_money('usage.token_fee_usd') }}, null, bills.period_start, bills.period_end, 0, 0, null, null
    from usage
    inner join bills on usage.company = bills.company and usage.vendor = bills.vendor and usage.bill_id = bills.bill_id
    where usage.is_billed and usage.token_fee_usd <> 0 and bills.kind <> 'open'
    group by usage.company, usage.vendor, usage.bill_id, usage.account, bills.period_start, bills.period_end
    union all
    -- Use that was paid ahead and is on no line of the bill.
    select
        terms.company, terms.vendor, terms.bill_id, '(drawdown)', 'drawdown', null, null, null, null,
        bills.period_start, bills.period_end, 0, null, null, -terms.amount_usd
    from terms
    inner join bills on terms.company = bills.company and terms.vendor = bills.vendor and terms.bill_id = bills.bill_id
    left join lines
        on terms.company = lines.company and terms.vendor = lines.vendor and terms.bill_id = lines.bill_id and lines.kind = 'usage'
    where terms.term = 'drawdown' and bills.kind <> 'open' and lines.part is null
    union all
    select
        company, vendor, bill_id, '(unused)', 'unused', null, null, null, null, charge_start, charge_end, 0, null, null, unused_usd
    from unused
    where unused_usd > 0
    union all
    -- Lost once its span is over; until then it may still be used.
    select
        company, vendor, bill_id, '(commitment) ' || part, case when is_over then 'idle' else 'committed' end, null, null, idle_usd, null,
        charge_start, charge_end, 0, null, null, case when is_over then idle_usd else 0 end
    from idle
    where idle_usd > 0
    union all
    -- Not invoiced yet: what is told of the period so far.
    select
        bills.company, bills.vendor, bills.bill_id, '(so far)', 'so far', null, null, null, null,
        bills.period_start, bills.period_end,
        -- What prepaid credits cover will not be asked for again.
        greatest(coalesce(reconciliation.billed_usd, 0) + coalesce(drawdowns.amount_usd, 0), 0), coalesce(reconciliation.billed_usd, 0),
        reconciliation.consumption_usd, null
    from reconciliation
    left join (select vendor, bill_id, amount_usd from terms where term = 'drawdown') as drawdowns
        on reconciliation.vendor = drawdowns.vendor and reconciliation.bill_id = drawdowns.bill_id
    inner join bills on reconciliation.vendor = bills.vendor and reconciliation.bill_id = bills.bill_id
    where reconciliation.kind = 'open' and coalesce(reconciliation.billed_usd, reconciliation.consumption_usd) is not null
),

-- Both currencies: the bill's own, and USD at the rate of the day of issue.
final as (
    select
        charges.company,
        charges.vendor,
        bills.account,
        bills.invoice_id,
        charges.bill_id,
        charges.part,
        charges.kind,
        charges.sku,
        charges.plan,
        charges.quantity,
        charges.unit_price,
        charges.charge_start,
        charges.charge_end,
        bills.kind as bill_kind,
        bills.billed_via,
        bills.period_start,
        bills.period_end,
        bills.currency,
        cast(charges.billed_cost as {{ money_type() }}) as billed_cost,
        cast(
            coalesce(
                charges.effective_cost,
                {{ fraction_of('charges.effective_usd', '1000000000000', to_units('bills.booking_rate')) }},
                0
            ) as {{ money_type() }}
        ) as effective_cost,
        {{ times('charges.billed_cost', 'bills.booking_rate') }} as billed_usd,
        cast(
            coalesce(charges.effective_usd, {{ times('charges.effective_cost', 'bills.booking_rate') }}, 0) as {{ money_type() }}
        ) as effective_usd,
        charges.consumption_usd,
        cast(
            coalesce(
                {{ fraction_of('charges.consumption_usd', '1000000000000', to_units('bills.booking_rate')) }}, charges.billed_cost
            ) as {{ money_type() }}
        ) as list_cost
    from charges
    inner join bills on charges.company = bills.company and charges.vendor = bills.vendor and charges.bill_id = bills.bill_id
)

select * from final
