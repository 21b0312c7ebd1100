with retold as (
    select * from {{ ref('int_retold_days') }} where vendor = 'cursor' and stream = 'usage_events'
),

records as (
    select records.*
    from {{ source('cursor', 'usage_events') }} as records
    inner join retold on records._account = retold.account and records._day = retold.day
),

events as (
    {{ cursor_usage_events('records') }}
),

priced as (
    {{ cursor_priced_events('events') }}
),

final as (
    select
        'usage_events' as stream,
        account,
        day,
        generation,
        {{ sum_money('consumption_usd') }} as consumption_usd,
        {{ sum_money('billed_usd') }} as billed_usd,
        cast(null as {{ money_type() }}) as credits
    from priced
    group by account, day, generation
)

select * from final
