with retold as (
    select * from {{ ref('int_retold_days') }} where vendor = 'custom_agents' and stream = 'usage'
),

final as (
    select
        'usage' as stream, records._account as account, records._day as day, records._generation as generation,
        cast(null as {{ money_type() }}) as consumption_usd,
        {{ sum_money("case when accounts.ledger is not null and lower(trim(records.unit)) in ('currency', 'usd') and upper(coalesce(nullif(trim(records.currency), ''), 'USD')) = 'USD' then records.amount end") }} as billed_usd,
        {{ sum_money("case when lower(trim(records.unit)) not in ('currency', 'usd') then records.amount end") }} as credits
    from {{ source('custom_agents', 'usage') }} as records
    inner join retold on records._account = retold.account and records._day = retold.day
    left join {{ source('platform', 'accounts') }} as accounts
        on accounts.vendor = 'custom_agents' and records._account = accounts.account and accounts.ledger = 'usage'
    group by records._account, records._day, records._generation
)

select * from final
