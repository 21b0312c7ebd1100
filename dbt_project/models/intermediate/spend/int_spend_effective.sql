with spend as (
    select *, cast({{ dbt.date_trunc('month', 'day') }} as date) as month from {{ ref('int_spend') }}
),

-- What was charged beyond the pool, per account and calendar month: the pool is one for the whole month.
pots as (
    select vendor, account, month, {{ sum_money('billed_usd') }} as pot_usd
    from spend
    where is_pooled
    group by vendor, account, month
),

claims as (
    select vendor, account, month, spend_key, consumption_usd
    from spend
    where is_pooled and consumption_usd > 0
),

shares as (
    {{ allocate('pots', 'claims', ['vendor', 'account', 'month'], 'spend_key', 'pot_usd', 'consumption_usd') }}
),

-- Charged though nothing was consumed: stays on the pool's first row of the month, as a residual that everybody can see.
residuals as (
    select shares.vendor, shares.account, shares.month, shares.share, min(spend.spend_key) as spend_key
    from shares
    inner join spend
        on shares.vendor = spend.vendor and shares.account = spend.account and shares.month = spend.month
        and spend.is_pooled and spend.billed_usd is not null
    where shares.spend_key is null
    group by shares.vendor, shares.account, shares.month, shares.share
),

-- A seat's fee, Actions minutes and sandboxes stay where they are. Where the pot is unknown, so is every share of it.
final as (
    select
        spend.*,
        case
            when not spend.is_pooled then spend.billed_usd
            when pots.pot_usd is null then null
            else coalesce(shares.share, residuals.share, cast(0 as {{ money_type() }}))
        end as effective_usd
    from spend
    left join pots
        on spend.vendor = pots.vendor and spend.account = pots.account and spend.month = pots.month and spend.is_pooled
    left join shares on spend.spend_key = shares.spend_key
    left join residuals on spend.spend_key = residuals.spend_key
)

select * from final
