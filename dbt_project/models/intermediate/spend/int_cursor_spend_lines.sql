{{ config(materialized='view') }}

with events as (
    select * from {{ ref('int_cursor_events') }}
),

accounts as (
    select * from {{ source('platform', 'accounts') }} where vendor = 'cursor' and ledger = 'usage_events'
),

-- What is billed to the on-demand part, what the seat includes, what is free and what failed stay apart: the sku says which.
final as (
    select
        'cursor' as vendor,
        events.account,
        events.day,
        'usage_events' as stream,
        events.billing as sku,
        events.model,
        '(none)' as project,
        '(none)' as organization,
        '(none)' as repository,
        '(none)' as cost_center,
        events.surface,
        events.principal,
        events.principal_kind,
        events.auth_kind,
        events.series,
        false as is_pooled,
        'ledger' as basis,
        {{ sum_money('events.consumption_usd') }} as consumption_usd,
        {{ sum_money('events.billed_usd') }} as billed_usd,
        cast(null as {{ money_type() }}) as credits,
        cast(count(*) as {{ money_type() }}) as requests,
        {{ sum_count('events.uncached_input_tokens') }} as uncached_input_tokens,
        {{ sum_count('events.cache_read_tokens') }} as cache_read_tokens,
        {{ sum_count('events.cache_write_tokens') }} as cache_write_tokens,
        cast(null as bigint) as cache_write_1h_tokens,
        {{ sum_count('events.output_tokens') }} as output_tokens,
        cast(null as bigint) as reasoning_tokens,
        cast(null as {{ money_type() }}) as seat_months
    from events
    inner join accounts on events.account = accounts.account
    group by
        events.account, events.day, events.billing, events.model, events.surface, events.principal, events.principal_kind,
        events.auth_kind, events.series
)

select * from final
