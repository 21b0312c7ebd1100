-- What was held was told nowhere, so that nothing moved when it came or went.
with totals as (
    select totals.*
    from {{ ref('int_generation_totals') }} as totals
    left join {{ ref('stg_platform__held_generations') }} as held
        on totals.vendor = held.vendor
        and totals.stream = held.stream
        and totals.account = held.account
        and totals.day = held.day
        and totals.generation = held.generation
    where held.generation is null
),

stream_days as (
    select * from {{ ref('int_stream_days') }}
),

first_complete as (
    select vendor, stream, account, day, min(fetched_at) as first_complete_at
    from totals
    where complete
    group by vendor, stream, account, day
),

-- The generations that counted, one after the other: a partial one never came after a complete one.
counted as (
    select totals.*
    from totals
    left join first_complete
        on totals.vendor = first_complete.vendor
        and totals.stream = first_complete.stream
        and totals.account = first_complete.account
        and totals.day = first_complete.day
    where totals.complete or first_complete.first_complete_at is null or totals.fetched_at < first_complete.first_complete_at
),

chained as (
    select
        vendor,
        stream,
        account,
        day,
        generation,
        {% for column in ['generation', 'fetched_at', 'complete', 'records', 'consumption_usd', 'billed_usd', 'credits'] %}
        lead({{ column }}) over (
            partition by vendor, stream, account, day order by fetched_at, generation
        ) as {{ column }}_after,
        {% endfor %}
        complete,
        records,
        consumption_usd,
        billed_usd,
        credits
    from counted
),

final as (
    select
        chained.vendor,
        chained.stream,
        chained.account,
        chained.day,
        chained.generation,
        chained.generation_after as superseded_by,
        cast(chained.fetched_at_after as date) as restated_on,
        cast({{ dbt.datediff('chained.day', 'cast(chained.fetched_at_after as date)', 'day') }} as bigint) as days_after,
        case
            -- The same answer of the vendor, typed anew: its generation has the name of the one before and a mark behind it (landing/raw.py).
            when chained.generation_after like split_part(chained.generation, '-r', 1) || '-r%' then 'contract changed'
            when not chained.complete and chained.complete_after then 'completed'
            when chained.records = 0 and chained.records_after > 0 then 'arrived'
            when chained.records > 0 and chained.records_after = 0 then 'withdrawn'
            when chained.records <> chained.records_after then 'records changed'
            else 'values changed'
        end as cause,
        chained.records as records_before,
        chained.records_after,
        chained.consumption_usd as consumption_usd_before,
        chained.consumption_usd_after,
        chained.billed_usd as billed_usd_before,
        chained.billed_usd_after,
        chained.credits as credits_before,
        chained.credits_after,
        cast(coalesce(chained.consumption_usd_after, 0) - coalesce(chained.consumption_usd, 0) as {{ money_type() }}) as consumption_usd_moved,
        cast(coalesce(chained.billed_usd_after, 0) - coalesce(chained.billed_usd, 0) as {{ money_type() }}) as billed_usd_moved,
        stream_days.status as data_status
    from chained
    left join stream_days
        on chained.vendor = stream_days.vendor
        and chained.stream = stream_days.stream
        and chained.account = stream_days.account
        and chained.day = stream_days.day
    where chained.generation_after is not null
)

select * from final
