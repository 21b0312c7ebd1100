with bills as (
    select * from {{ ref('int_bills') }} where has_seats
),

lines as (
    select * from {{ ref('stg_company__invoice_lines') }} where kind = 'seat'
),

contracts as (
    select * from {{ ref('stg_company__contracts') }} where item = 'seat'
),

usage as (
    select * from {{ ref('int_bill_usage') }}
),

cursor_members as (
    select * from {{ ref('stg_cursor__members') }} where email is not null
),

cursor_changes as (
    select * from {{ ref('stg_cursor__audit_logs') }} where event_type in ('add_user', 'remove_user')
),

cursor_plans as (
    select account, email, max(tier) as plan from {{ ref('stg_cursor__spend') }} where tier is not null group by account, email
),

anthropic_seats as (
    select * from {{ ref('int_anthropic_seats') }}
),

-- When a seat was held. The log says the instant; without an entry a member was there before anybody looked, or came on the day that first
-- lists him. An admin who does not use the product is not paid for.
cursor_spans as (
    select
        'cursor' as vendor,
        members.account,
        members.email as holder,
        max(cursor_plans.plan) as plan,
        coalesce(
            max(changes.added_at),
            case when min(members.day) > min(first_look.day) then cast(min(members.day) as timestamp) end,
            cast('0001-01-01' as timestamp)
        ) as joined_at,
        coalesce(
            max(changes.removed_at),
            cast(min(case when members.is_removed then members.day end) as timestamp),
            cast('9999-12-31' as timestamp)
        ) as left_at
    from cursor_members as members
    inner join (select account, min(day) as day from cursor_members group by account) as first_look
        on members.account = first_look.account
    left join (
        select
            account,
            email,
            max(case when event_type = 'add_user' then occurred_at end) as added_at,
            max(case when event_type = 'remove_user' then occurred_at end) as removed_at
        from cursor_changes
        group by account, email
    ) as changes
        on members.account = changes.account and members.email = changes.email
    left join cursor_plans on members.account = cursor_plans.account and members.email = cursor_plans.email
    group by members.account, members.email
    having max(case when members.role = 'free-owner' then 1 else 0 end) = 0
),

anthropic_spans as (
    select
        'anthropic' as vendor,
        seats.account,
        seats.principal as holder,
        max(seats.plan) as plan,
        cast(min(coalesce(seats.assigned_on, seats.day)) as timestamp) as joined_at,
        case
            when max(seats.day) < max(last_look.day)
                then cast({{ dbt.dateadd('day', 1, 'cast(max(seats.day) as timestamp)') }} as timestamp)
            else cast('9999-12-31' as timestamp)
        end as left_at
    from anthropic_seats as seats
    inner join (select account, max(day) as day from anthropic_seats group by account) as last_look on seats.account = last_look.account
    group by seats.account, seats.principal
),

spans as (
    select * from cursor_spans
    union all
    select * from anthropic_spans
),

-- Of several bills over one time the first that was issued has the seats.
ranked as (
    select
        *,
        row_number() over (
            partition by company, vendor, account, period_start
            order by coalesce(issued_on, cast('9999-12-31' as date)), bill_id
        ) as place,
        greatest({{ dbt.datediff('period_start', 'period_end', 'month') }}, 1) as months,
        {{ dbt.datediff('cast(period_start as date)', 'cast(period_end as date)', 'day') }} as days
    from bills
),

-- One price per plan and bill: terms that overlap are a finding of their own. The account's own term comes before one for all accounts, the
-- younger before the older.
terms as (
    select
        ranked.company,
        ranked.vendor,
        ranked.account,
        ranked.bill_id,
        ranked.currency as bill_currency,
        ranked.invoice_rate,
        ranked.months,
        ranked.days,
        ranked.period_start,
        ranked.period_end,
        contracts.billing_cycle,
        contracts.plan,
        contracts.quantity as agreed_seats,
        contracts.currency,
        contracts.amount,
        contracts.unit,
        row_number() over (
            partition by ranked.company, ranked.vendor, ranked.bill_id, contracts.plan
            order by case when contracts.account = '(all)' then 1 else 0 end, contracts.valid_from desc, contracts.contract_id
        ) as term_place
    from ranked
    inner join contracts on {{ term_of_bill('contracts', 'ranked') }}
    where ranked.place = 1
),

-- What a seat costs in USD; a price in the bill's own currency is converted as the bill was.
prices as (
    select
        company,
        vendor,
        account,
        bill_id,
        plan,
        agreed_seats,
        unit,
        months,
        days,
        period_start,
        period_end,
        billing_cycle,
        case
            when currency = 'USD' then amount
            when currency = bill_currency then {{ times('amount', 'invoice_rate') }}
        end as price_usd,
        currency <> bill_currency as is_converted,
        count(*) over (partition by company, vendor, account, bill_id) as plans
    from terms
    where term_place = 1
),

period_prices as (
    select
        *,
        -- Whole months from an anniversary; a shorter piece by its days of the cycle that it ends with (1200 a year for 275 of 365 days).
        case
            when extract(day from period_start) = extract(day from period_end)
                then {{ fraction_of('price_usd', "case when unit = 'per_seat_year' then months else months * 12 end", '12') }}
            when billing_cycle = 'annual'
                then {{ fraction_of(
                    'price_usd', "days * case when unit = 'per_seat_year' then 1 else 12 end",
                    dbt.datediff(dbt.dateadd('year', -1, 'cast(period_end as date)'), 'cast(period_end as date)', 'day')
                ) }}
            else {{ fraction_of(
                'price_usd', 'days',
                dbt.datediff(dbt.dateadd('month', -1, 'cast(period_end as date)'), 'cast(period_end as date)', 'day')
                ~ " * case when unit = 'per_seat_year' then 12 else 1 end"
            ) }}
        end as seat_usd
    from prices
),

-- The plan that a line or a person is on; where the bill, all bills or the contract know one only, that one.
line_plans as (
    select company, vendor, invoice_id, max(plan) as only_plan
    from lines
    group by company, vendor, invoice_id
    having count(distinct plan) = 1
),

usual_plans as (
    select company, vendor, max(plan) as only_plan from lines group by company, vendor having count(distinct plan) = 1
),

observed as (
    select
        ranked.company,
        ranked.vendor,
        ranked.account,
        ranked.bill_id,
        coalesce(known.plan, line_plans.only_plan, usual_plans.only_plan, only_price.plan) as plan,
        sum(case when spans.joined_at <= ranked.period_start then 1 else 0 end) as whole_seats,
        sum(
            case
                when spans.joined_at > ranked.period_start and ranked.vendor = 'cursor'
                    then {{ dbt.datediff('cast(spans.joined_at as date)', 'cast(ranked.period_end as date)', 'day') }}
                else 0
            end
        ) as part_days,
        count(*) as holders
    from ranked
    inner join spans
        on ranked.vendor = spans.vendor
        and (ranked.account = '(all)' or ranked.account = spans.account)
        and spans.joined_at < ranked.period_end
        and spans.left_at > ranked.period_start
        and (ranked.vendor = 'cursor' or spans.joined_at <= ranked.period_start)
    left join period_prices as known
        on ranked.company = known.company and ranked.vendor = known.vendor and ranked.bill_id = known.bill_id and spans.plan = known.plan
    left join line_plans
        on ranked.company = line_plans.company and ranked.vendor = line_plans.vendor and ranked.invoice_id = line_plans.invoice_id
    left join usual_plans on ranked.company = usual_plans.company and ranked.vendor = usual_plans.vendor
    left join (select * from period_prices where plans = 1) as only_price
        on ranked.company = only_price.company and ranked.vendor = only_price.vendor and ranked.bill_id = only_price.bill_id
    where ranked.place = 1
    group by
        ranked.company, ranked.vendor, ranked.account, ranked.bill_id,
        coalesce(known.plan, line_plans.only_plan, usual_plans.only_plan, only_price.plan)
),

-- Where nobody can look: as many as the bill says, at the price that was agreed, by days where a line is about a part of the period.
stated as (
    select
        ranked.company,
        ranked.vendor,
        ranked.account,
        ranked.bill_id,
        lines.plan,
        lines.quantity,
        coalesce(lines.service_start > ranked.period_start, false) as is_part,
        {{ dbt.datediff(
            'cast(coalesce(lines.service_start, ranked.period_start) as date)',
            'cast(coalesce(lines.service_end, ranked.period_end) as date)',
            'day'
        ) }} as line_days,
        ranked.days
    from ranked
    inner join lines on ranked.company = lines.company and ranked.vendor = lines.vendor and ranked.invoice_id = lines.invoice_id
    where lines.quantity is not null
),

-- One kind of evidence per bill, the strongest first: the vendor's ledger, the number that was agreed, the seats that were seen, the bill itself.
from_ledger as (
    select
        company,
        vendor,
        bill_id,
        name as plan,
        1 as strength,
        'ledger of seats' as evidence,
        sum(case when seat_months >= cast('0.999999' as decimal(9, 6)) then billed_usd else 0 end) as seats_usd,
        sum(case when seat_months >= cast('0.999999' as decimal(9, 6)) then 0 else billed_usd end) as proration_usd,
        sum(seat_months) as quantity,
        count(*) as evidence_rows
    from (
        select company, vendor, bill_id, name, seat, sum(billed_usd) as billed_usd, sum(seat_months) as seat_months
        from usage
        where class = 'seat' and is_billed
        group by company, vendor, bill_id, name, seat
    ) as held
    group by company, vendor, bill_id, name
),

from_contract as (
    select
        company,
        vendor,
        bill_id,
        plan,
        2 as strength,
        'seats as agreed' as evidence,
        {{ times('seat_usd', 'agreed_seats') }} as seats_usd,
        cast(0 as {{ money_type() }}) as proration_usd,
        agreed_seats as quantity,
        1 as evidence_rows
    from period_prices
    where agreed_seats is not null
),

from_members as (
    select
        observed.company,
        observed.vendor,
        observed.bill_id,
        observed.plan,
        4 as strength,
        'seats as seen' as evidence,
        {{ times('period_prices.seat_usd', 'observed.whole_seats') }} as seats_usd,
        {{ fraction_of('period_prices.seat_usd', 'observed.part_days', 'ranked.days') }} as proration_usd,
        cast(
            observed.whole_seats + {{ fraction_of('cast(1 as ' ~ money_type() ~ ')', 'observed.part_days', 'ranked.days') }}
            as {{ money_type() }}
        ) as quantity,
        observed.holders as evidence_rows
    from observed
    inner join ranked on observed.company = ranked.company and observed.vendor = ranked.vendor and observed.bill_id = ranked.bill_id
    inner join period_prices
        on observed.company = period_prices.company
        and observed.vendor = period_prices.vendor
        and observed.bill_id = period_prices.bill_id
        and observed.plan = period_prices.plan
),

-- Anthropic counts the seats of each day, also of days before anybody looked; which plan they are on it does not say.
from_counts as (
    select
        ranked.company,
        ranked.vendor,
        ranked.bill_id,
        period_prices.plan,
        3 as strength,
        'seats as the vendor counts them' as evidence,
        {{ times('period_prices.seat_usd', 'summaries.assigned_seats') }} as seats_usd,
        cast(0 as {{ money_type() }}) as proration_usd,
        summaries.assigned_seats as quantity,
        1 as evidence_rows
    from ranked
    inner join period_prices
        on ranked.company = period_prices.company
        and ranked.vendor = period_prices.vendor
        and ranked.bill_id = period_prices.bill_id
        and period_prices.plans = 1
    inner join {{ ref('stg_anthropic__analytics_summaries') }} as summaries
        on ranked.vendor = 'anthropic'
        and ranked.account = summaries.account
        and cast(ranked.period_start as date) = summaries.day
        and summaries.assigned_seats is not null
    where ranked.place = 1
),

from_lines as (
    select
        stated.company,
        stated.vendor,
        stated.bill_id,
        stated.plan,
        5 as strength,
        'seats as invoiced' as evidence,
        sum(case when stated.is_part then 0 else {{ times('period_prices.seat_usd', 'stated.quantity') }} end) as seats_usd,
        sum(
            case
                when stated.is_part
                    then {{ fraction_of(times('period_prices.seat_usd', 'stated.quantity'), 'stated.line_days', 'stated.days') }}
                else 0
            end
        ) as proration_usd,
        sum(stated.quantity) as quantity,
        count(*) as evidence_rows
    from stated
    inner join period_prices
        on stated.company = period_prices.company
        and stated.vendor = period_prices.vendor
        and stated.bill_id = period_prices.bill_id
        and (stated.plan = period_prices.plan or (stated.plan is null and period_prices.plans = 1))
    group by stated.company, stated.vendor, stated.bill_id, stated.plan
),

evidence as (
    select * from from_ledger
    union all
    select * from from_contract
    union all
    select * from from_counts
    union all
    select * from from_members
    union all
    select * from from_lines
),

strongest as (
    select *, min(strength) over (partition by company, vendor, bill_id) as best from evidence
),

-- The price in a currency of its own: converted and written in whole minor units before it was multiplied.
unit_prices as (
    select company, vendor, invoice_id, plan, min(unit_price) as unit_price
    from lines
    where unit_price is not null
    group by company, vendor, invoice_id, plan
    having min(unit_price) = max(unit_price)
),

final as (
    select
        strongest.company,
        strongest.vendor,
        strongest.bill_id,
        strongest.plan,
        strongest.evidence,
        cast(strongest.seats_usd as {{ money_type() }}) as seats_usd,
        cast(strongest.proration_usd as {{ money_type() }}) as proration_usd,
        cast(strongest.quantity as {{ money_type() }}) as quantity,
        cast(
            case
                when not period_prices.is_converted or unit_prices.unit_price is null or strongest.strength = 1 then 0
                when abs({{ times('unit_prices.unit_price', 'ranked.invoice_rate') }} - period_prices.seat_usd)
                    <= {{ times('ranked.invoice_rate', minor_unit('ranked.currency')) }}
                    then {{ times(
                        'strongest.quantity', times('unit_prices.unit_price', 'ranked.invoice_rate') ~ ' - period_prices.seat_usd'
                    ) }}
                else 0
            end as {{ money_type() }}
        ) as price_conversion_usd,
        cast(strongest.evidence_rows as bigint) as evidence_rows
    from strongest
    inner join ranked on strongest.company = ranked.company and strongest.vendor = ranked.vendor and strongest.bill_id = ranked.bill_id
    left join period_prices
        on strongest.company = period_prices.company
        and strongest.vendor = period_prices.vendor
        and strongest.bill_id = period_prices.bill_id
        and strongest.plan = period_prices.plan
    left join unit_prices
        on ranked.company = unit_prices.company
        and ranked.vendor = unit_prices.vendor
        and ranked.invoice_id = unit_prices.invoice_id
        and coalesce(unit_prices.plan, strongest.plan) = strongest.plan
    where strongest.strength = strongest.best and ranked.place = 1
)

select * from final
