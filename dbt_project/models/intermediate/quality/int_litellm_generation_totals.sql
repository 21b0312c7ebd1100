with retold as (
    select * from {{ ref('int_retold_days') }} where vendor = 'litellm' and stream = 'spend_logs'
),

final as (
    select
        'spend_logs' as stream, records._account as account, records._day as day, records._generation as generation,
        cast(null as {{ money_type() }}) as consumption_usd,
        {{ sum_money("case when accounts.ledger is not null then records.spend end") }} as billed_usd,
        cast(null as {{ money_type() }}) as credits
    from {{ source('litellm', 'spend_logs') }} as records
    inner join retold on records._account = retold.account and records._day = retold.day
    left join {{ source('platform', 'accounts') }} as accounts
        on accounts.vendor = 'litellm' and records._account = accounts.account and accounts.ledger = 'spend_logs'
    group by records._account, records._day, records._generation
)

select * from final
