with retold as (
    select * from {{ ref('int_retold_days') }} where vendor = 'openrouter' and stream = 'activity'
),

final as (
    select
        'activity' as stream, records._account as account, records._day as day, records._generation as generation,
        cast(null as {{ money_type() }}) as consumption_usd,
        {{ sum_money("records.usage") }} as billed_usd,
        cast(null as {{ money_type() }}) as credits
    from {{ source('openrouter', 'activity') }} as records
    inner join retold on records._account = retold.account and records._day = retold.day
    group by records._account, records._day, records._generation
)

select * from final
