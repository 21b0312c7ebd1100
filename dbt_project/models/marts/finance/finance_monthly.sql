-- Months are the sums of the days that are told, so that nothing follows from the one and the other.
with told_days as (
    select *, cast({{ dbt.date_trunc('month', 'day') }} as date) as month from {{ ref('spend_by_vendor_daily') }}
),

spend as (
    select * from {{ ref('int_spend_told') }}
),

stream_days as (
    select *, cast({{ dbt.date_trunc('month', 'day') }} as date) as month from {{ ref('int_stream_days') }}
),

-- Days without data have no spend rows: a month's status comes from every expected day of the streams that feed the series. Its last days
-- are not expected yet when it has just ended: until they are all there, it is provisional whatever the others are.
feeds as (
    select distinct
        cast({{ dbt.date_trunc('month', 'day') }} as date) as spend_month, vendor, account, series, stream, published_vendor, published_account
    from spend
),

-- A scope that is told under several words over the months has every month of its streams under the words of that month.
words as (
    select distinct spend_month as month, vendor, account, series, published_vendor, published_account from feeds
),

month_status as (
    select
        words.published_vendor as vendor,
        words.published_account as account,
        words.series,
        stream_days.month,
        {{ worst_status('stream_days.status') }} as worst_day,
        max(stream_days.day) >= cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'stream_days.month')) }} as date) as reaches_its_end,
        min(case when stream_days.status in ('complete', 'not_available') then 1 else 0 end) = 1 as days_are_settled
    from (select distinct vendor, account, series, stream from feeds) as feeds
    inner join stream_days
        on feeds.vendor = stream_days.vendor and feeds.account = stream_days.account and feeds.stream = stream_days.stream
    inner join words
        on feeds.vendor = words.vendor and feeds.account = words.account and feeds.series = words.series and stream_days.month = words.month
    group by words.published_vendor, words.published_account, words.series, stream_days.month
),

bill_months as (
    select * from {{ ref('int_bill_months') }}
),

monthly as (
    select
        month,
        vendor,
        account,
        series,
        'USD' as currency,
        {{ sum_money('consumption_usd') }} as consumption_usd,
        {{ sum_money('billed_usd') }} as billed_usd,
        {{ sum_money('effective_usd') }} as effective_usd,
        -- Billed on days that may still move: what a close on this day has to accrue.
        {{ sum_money("case when billed_usd is null then null when data_status in ('complete', 'not_available') then 0 else billed_usd end") }}
            as provisional_usd,
        {{ sum_money('seat_months') }} as seat_months,
        {{ complete_share('data_status') }} as complete_share,
        max(case when told_on is null then 1 else 0 end) = 1 as has_untold_days
    from told_days
    group by month, vendor, account, series
),

used as (
    select
        monthly.*,
        case
            when {{ dbt.dateadd('month', 1, 'monthly.month') }} > {{ as_of() }} then 'open'
            when month_status.days_are_settled and month_status.reaches_its_end then 'settled'
            else 'provisional'
        end as close_status,
        case
            when month_status.worst_day = 'complete' and not month_status.reaches_its_end then 'provisional' else month_status.worst_day
        end as data_status
    from monthly
    left join month_status
        on monthly.vendor = month_status.vendor
        and monthly.account = month_status.account
        and monthly.series = month_status.series
        and monthly.month = month_status.month
),

-- What was used and what was invoiced stand in one row where they share month, series and currency; else each has its own.
final as (
    select
        coalesce(used.month, bill_months.month) as month,
        coalesce(used.vendor, bill_months.vendor) as vendor,
        coalesce(used.account, bill_months.account) as account,
        coalesce(used.series, bill_months.series) as series,
        coalesce(used.currency, bill_months.currency) as currency,
        used.consumption_usd,
        used.billed_usd,
        used.effective_usd,
        bill_months.invoiced_amount,
        bill_months.invoiced_usd,
        bill_months.cutoff_usd,
        used.provisional_usd,
        bill_months.unexplained_usd,
        used.seat_months,
        case
            when coalesce(used.month, bill_months.month) in (
                {% for month in var('closed_months') %}cast('{{ month }}' as date), {% endfor %}cast(null as date)
            ) then 'closed'
            else coalesce(
                used.close_status,
                case when {{ dbt.dateadd('month', 1, 'bill_months.month') }} > {{ as_of() }} then 'open' else 'invoiced' end
            )
        end as close_status,
        coalesce(used.data_status, bill_months.data_status, 'complete') as data_status,
        used.complete_share,
        coalesce(used.has_untold_days, false) as has_untold_days
    from used
    full outer join bill_months
        on used.month = bill_months.month
        and used.vendor = bill_months.vendor
        and used.account = bill_months.account
        and used.series = bill_months.series
        and used.currency = bill_months.currency
)

select * from final
