with bills as (
    select * from {{ ref('int_bills') }}
),

usage as (
    select * from {{ ref('int_bill_usage') }}
),

terms as (
    select * from {{ ref('int_bill_terms') }}
),

told as (
    select * from {{ ref('int_spend_told') }}
),

stream_days as (
    select * from {{ ref('int_stream_days') }}
),

decisions as (
    select * from {{ ref('stg_company__bill_decisions') }}
),

consumed as (
    select
        company, vendor, bill_id, {{ sum_money('consumption_usd') }} as consumption_usd,
        max(case when is_unknown then 1 else 0 end) = 1 as is_unknown
    from usage
    where is_consumed
    group by company, vendor, bill_id
),

-- A period without an invoice is told by its days that are told anyway: nothing follows from the one and the other.
told_so_far as (
    select
        bills.company, bills.vendor, bills.bill_id,
        {{ sum_money('told.consumption_usd') }} as consumption_usd,
        {{ sum_money('told.billed_usd') }} as billed_usd
    from bills
    inner join told
        on bills.vendor = told.vendor
        and bills.account = told.account
        and told.published_vendor = told.vendor
        and told.published_account = told.account
        and told.told_on is not null
        and cast(told.day as timestamp) >= bills.period_start
        and cast(told.day as timestamp) < bills.period_end
    where bills.kind = 'open'
    group by bills.company, bills.vendor, bills.bill_id
),

term_sums as (
    select
        company,
        vendor,
        bill_id,
        {{ sum_money("case when bridge = 'to_billed' then amount_usd else 0 end") }} as to_billed_usd,
        {{ sum_money('amount_usd') }} as all_usd
    from terms
    group by company, vendor, bill_id
),

status as (
    select bills.company, bills.vendor, bills.bill_id, {{ worst_status('stream_days.status') }} as data_status
    from bills
    inner join (select distinct vendor, account, stream from usage) as streams
        on bills.vendor = streams.vendor and (bills.account = '(all)' or bills.account = streams.account)
    inner join stream_days
        on streams.vendor = stream_days.vendor
        and streams.account = stream_days.account
        and streams.stream = stream_days.stream
        and cast(stream_days.day as timestamp) >= bills.period_start
        and cast(stream_days.day as timestamp) < bills.period_end
    group by bills.company, bills.vendor, bills.bill_id
),

disputed as (
    select distinct company, vendor, invoice_id
    from decisions
    where kind = 'dispute' and decided_on <= {{ as_of() }} and coalesce(settled_on > {{ as_of() }}, true)
),

figures as (
    select
        bills.*,
        case when bills.kind = 'open' then told_so_far.consumption_usd else consumed.consumption_usd end as consumption_usd,
        case
            when bills.kind = 'open' then told_so_far.billed_usd
            else cast(coalesce(consumed.consumption_usd, 0) + coalesce(term_sums.to_billed_usd, 0) as {{ money_type() }})
        end as billed_usd,
        {{ times('bills.total', 'bills.booking_rate') }} as invoiced_usd,
        cast(
            {{ times('bills.total', 'bills.booking_rate') }} - coalesce(consumed.consumption_usd, 0) - coalesce(term_sums.all_usd, 0)
            as {{ money_type() }}
        ) as unexplained_usd,
        coalesce(consumed.is_unknown, false) as is_unknown,
        disputed.invoice_id is not null as is_disputed,
        status.data_status
    from bills
    left join consumed on bills.company = consumed.company and bills.vendor = consumed.vendor and bills.bill_id = consumed.bill_id
    left join told_so_far on bills.company = told_so_far.company and bills.vendor = told_so_far.vendor and bills.bill_id = told_so_far.bill_id
    left join term_sums on bills.company = term_sums.company and bills.vendor = term_sums.vendor and bills.bill_id = term_sums.bill_id
    left join status on bills.company = status.company and bills.vendor = status.vendor and bills.bill_id = status.bill_id
    left join disputed on bills.company = disputed.company and bills.vendor = disputed.vendor and bills.invoice_id = disputed.invoice_id
),

final as (
    select
        bill_id,
        vendor,
        account,
        invoice_id,
        kind,
        corrects_invoice_id,
        entity,
        billed_via,
        period_start,
        period_end,
        issued_on,
        currency,
        consumption_usd,
        billed_usd,
        total as invoiced_amount,
        invoiced_usd,
        unexplained_usd,
        cast(case when kind <> 'open' then {{ times('booking_rate', minor_unit('currency')) }} end as {{ money_type() }}) as tolerance_usd,
        case
            when kind = 'open' then 'open'
            when is_disputed then 'disputed'
            when unexplained_usd is null or is_unknown then 'unknown'
            -- Half a minor unit is what writing an amount takes; more has no evidence.
            when 2 * abs(unexplained_usd) > {{ times('booking_rate', minor_unit('currency')) }} then 'unexplained'
            else 'explained'
        end as status,
        coalesce(data_status, 'complete') as data_status
    from figures
)

select * from final
