with bills as (
    select *, cast({{ dbt.date_trunc('month', "period_end - interval '1' second") }} as date) as booked_in from {{ ref('int_bills') }}
),

usage as (
    select * from {{ ref('int_bill_usage') }}
),

terms as (
    select * from {{ ref('int_bill_terms') }}
),

stream_days as (
    select *, cast({{ dbt.date_trunc('month', 'day') }} as date) as month from {{ ref('int_stream_days') }}
),

restatements as (
    select * from {{ ref('int_restatements') }}
),

months as (
    select distinct month from {{ ref('int_calendar') }} where month <= {{ as_of() }}
),

streams as (
    select distinct vendor, account, stream from usage
),

-- Of open bills: what the ledger has, by month of use.
open_use as (
    select usage.vendor, usage.account, usage.month, {{ sum_money('usage.billed_usd') }} as billed_usd
    from usage
    inner join bills on usage.company = bills.company and usage.vendor = bills.vendor and usage.bill_id = bills.bill_id
    where bills.kind = 'open' and usage.is_consumed
    group by usage.vendor, usage.account, usage.month
),

-- And what contracts add to it (seats that no ledger has, discounts, minimums, fees), by days of the period.
expected as (
    select bills.company, bills.vendor, bills.bill_id, {{ sum_money('parts.amount_usd') }} as contract_usd
    from bills
    inner join (
        select company, vendor, bill_id, amount_usd from terms
        union all
        select company, vendor, bill_id, coalesce(consumption_usd, 0) - coalesce(billed_usd, 0) from usage where is_consumed
    ) as parts on bills.company = parts.company and bills.vendor = parts.vendor and bills.bill_id = parts.bill_id
    where bills.kind = 'open'
    group by bills.company, bills.vendor, bills.bill_id
),

contract_shares as (
    select
        bills.vendor,
        bills.account,
        months.month,
        {{ sum_money(fraction_of(
            'expected.contract_usd',
            dbt.datediff(
                'greatest(cast(bills.period_start as date), months.month)',
                'least(cast(bills.period_end as date), cast(' ~ dbt.dateadd('month', 1, 'months.month') ~ ' as date))',
                'day'
            ),
            dbt.datediff('cast(bills.period_start as date)', 'cast(bills.period_end as date)', 'day')
        )) }} as contract_usd
    from expected
    inner join bills on expected.company = bills.company and expected.vendor = bills.vendor and expected.bill_id = bills.bill_id
    inner join months
        on cast(bills.period_start as date) < {{ dbt.dateadd('month', 1, 'months.month') }}
        and cast(bills.period_end as date) > months.month
    group by bills.vendor, bills.account, months.month
),

-- Between invoices: use of the month on a later one, less use of other months on this month's.
cutoffs as (
    select vendor, account, month, {{ sum_money('amount_usd') }} as cutoff_usd
    from (
        select usage.vendor, usage.account, usage.month, usage.billed_usd as amount_usd
        from usage
        inner join bills on usage.company = bills.company and usage.vendor = bills.vendor and usage.bill_id = bills.bill_id
        where usage.is_billed and bills.kind <> 'open' and usage.month <> bills.booked_in
        union all
        select usage.vendor, usage.account, bills.booked_in, -usage.billed_usd
        from usage
        inner join bills on usage.company = bills.company and usage.vendor = bills.vendor and usage.bill_id = bills.bill_id
        where usage.is_billed and bills.kind <> 'open' and usage.month <> bills.booked_in
    ) as sides
    group by vendor, account, month
),

-- Days of an account: the worst of its ledgers. A day that is not due yet is missing.
account_days as (
    select stream_days.vendor, stream_days.account, stream_days.month, stream_days.day, {{ worst_status('stream_days.status') }} as status
    from stream_days
    inner join streams
        on stream_days.vendor = streams.vendor and stream_days.account = streams.account and stream_days.stream = streams.stream
    group by stream_days.vendor, stream_days.account, stream_days.month, stream_days.day
),

day_counts as (
    select
        vendor, account, month,
        count(case when status in ('complete', 'not_available') then 1 end) as settled_days,
        count(case when status = 'provisional' then 1 end) as provisional_days,
        count(*) as days,
        {{ dbt.datediff('month', dbt.dateadd('month', 1, 'month'), 'day') }} - count(case when status in ('complete', 'not_available', 'provisional') then 1 end)
            as missing_days
    from account_days
    group by vendor, account, month
),

day_money as (
    select
        spend.vendor, spend.account, account_days.month,
        {{ sum_money("case when account_days.status in ('complete', 'not_available') then spend.billed_usd else 0 end") }} as settled_usd,
        {{ sum_money("case when account_days.status = 'provisional' then spend.billed_usd else 0 end") }} as provisional_usd,
        {{ sum_money("case when account_days.status not in ('complete', 'not_available', 'provisional') then spend.billed_usd else 0 end") }}
            as partial_usd
    from {{ ref('int_spend') }} as spend
    inner join account_days on spend.vendor = account_days.vendor and spend.account = account_days.account and spend.day = account_days.day
    group by spend.vendor, spend.account, account_days.month
),

-- How much a vendor moved settled-looking days before, as a share of what it bills: the width of the band.
moves as (
    select
        billed.vendor,
        coalesce(moved.moved_usd, 0) as moved_usd,
        billed.billed_usd
    from (select vendor, {{ sum_money('abs(billed_usd)') }} as billed_usd from {{ ref('int_spend') }} group by vendor) as billed
    left join (
        select restatements.vendor, {{ sum_money('abs(restatements.billed_usd_moved)') }} as moved_usd
        from restatements
        inner join streams
            on restatements.vendor = streams.vendor
            and restatements.account = streams.account
            and restatements.stream = streams.stream
        group by restatements.vendor
    ) as moved on billed.vendor = moved.vendor
),

keys as (
    select vendor, account, month from open_use
    union
    select vendor, account, month from contract_shares
    union
    select vendor, account, month from cutoffs
    union
    select vendor, account, month from day_counts
),

joined as (
    select
        keys.month,
        keys.vendor,
        keys.account,
        coalesce(open_use.billed_usd, 0) as open_usd,
        coalesce(contract_shares.contract_usd, 0) as contract_usd,
        coalesce(cutoffs.cutoff_usd, 0) as cutoff_usd,
        coalesce(day_counts.missing_days, 0) as missing_days,
        coalesce(day_counts.provisional_days, 0) as provisional_days,
        coalesce(day_money.provisional_usd, 0) as provisional_usd,
        -- A missing day is taken for a mean one of the month; what is there of a partial day counts against it.
        coalesce(
            greatest(
                {{ fraction_of(
                    'day_money.settled_usd + day_money.provisional_usd',
                    'day_counts.missing_days', 'day_counts.settled_days + day_counts.provisional_days'
                ) }} - day_money.partial_usd,
                0
            ),
            0
        ) as missing_usd,
        coalesce(
            {{ fraction_of('coalesce(day_money.provisional_usd, 0)', to_units('moves.moved_usd'), to_units('moves.billed_usd')) }}, 0
        ) as restated_usd
    from keys
    left join open_use on keys.vendor = open_use.vendor and keys.account = open_use.account and keys.month = open_use.month
    left join contract_shares
        on keys.vendor = contract_shares.vendor and keys.account = contract_shares.account and keys.month = contract_shares.month
    left join cutoffs on keys.vendor = cutoffs.vendor and keys.account = cutoffs.account and keys.month = cutoffs.month
    left join day_counts on keys.vendor = day_counts.vendor and keys.account = day_counts.account and keys.month = day_counts.month
    left join day_money on keys.vendor = day_money.vendor and keys.account = day_money.account and keys.month = day_money.month
    left join moves on keys.vendor = moves.vendor
),

-- Missing days are accrued where no invoice of the month has them.
final as (
    select
        month,
        vendor,
        account,
        cast(open_usd as {{ money_type() }}) as open_usd,
        cast(contract_usd as {{ money_type() }}) as contract_usd,
        cast(cutoff_usd as {{ money_type() }}) as cutoff_usd,
        cast(missing_days as bigint) as missing_days,
        cast(provisional_days as bigint) as provisional_days,
        cast(case when open_usd + contract_usd <> 0 then missing_usd else 0 end as {{ money_type() }}) as missing_usd,
        cast(provisional_usd as {{ money_type() }}) as provisional_usd,
        cast(
            open_usd + contract_usd + cutoff_usd + case when open_usd + contract_usd <> 0 then missing_usd else 0 end
            as {{ money_type() }}
        ) as accrual_usd,
        cast(restated_usd + case when open_usd + contract_usd <> 0 then missing_usd else 0 end as {{ money_type() }}) as band_usd
    from joined
)

select * from final
