with reconciliation as (
    select * from {{ ref('reconciliation') }}
),

accruals as (
    select * from {{ ref('int_accruals') }}
),

months as (
    select distinct month from accruals
),

-- Bills that reach into the month.
touching as (
    select months.month, reconciliation.*
    from months
    inner join reconciliation
        on reconciliation.period_start < {{ dbt.dateadd('month', 1, 'cast(months.month as timestamp)') }}
        and reconciliation.period_end > cast(months.month as timestamp)
),

final as (
    select
        month, vendor, account, 'month' as kind, 'the month is not over' as detail
    from accruals
    where {{ dbt.dateadd('month', 1, 'month') }} > {{ as_of() }}
    union all
    select
        month, vendor, account, 'days',
        cast(missing_days as varchar) || ' day(s) missing or partial, ' || cast(provisional_days as varchar) || ' that may still be restated'
    from accruals
    where missing_days + provisional_days > 0
    union all
    select
        touching.month, touching.vendor, touching.account, 'invoice',
        'no invoice for ' || cast(cast(touching.period_start as date) as varchar) || ' to '
        || cast(cast(touching.period_end as date) as varchar)
    from touching
    inner join accruals
        on touching.vendor = accruals.vendor and touching.account = accruals.account and touching.month = accruals.month
    where touching.status = 'open' and (accruals.open_usd <> 0 or accruals.contract_usd <> 0)
    union all
    select
        month, vendor, account, status,
        coalesce(invoice_id, bill_id) || case status
            when 'unexplained' then ': ' || cast(cast(unexplained_usd as decimal(28, 2)) as varchar) || ' USD without evidence'
            when 'disputed' then ': a dispute is not settled'
            else ': no exchange rate, or use whose charge nobody knows'
        end
    from touching
    where status in ('unexplained', 'unknown', 'disputed')
)

select distinct * from final
