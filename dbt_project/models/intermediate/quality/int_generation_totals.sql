with generations as (
    select * from {{ ref('stg_platform__generations') }}
),

retold as (
    select * from {{ ref('int_retold_days') }}
),

totals as (
    {{ all_vendors(
        'generation_totals', ['stream', 'account', 'day', 'generation', 'consumption_usd', 'billed_usd', 'credits'], named=true
    ) }}
),

-- An empty generation has no records and still counts.
final as (
    select
        generations.vendor,
        generations.stream,
        generations.account,
        generations.day,
        generations.generation,
        generations.fetched_at,
        generations.complete,
        generations.records,
        totals.consumption_usd,
        totals.billed_usd,
        totals.credits
    from generations
    inner join retold
        on generations.vendor = retold.vendor
        and generations.stream = retold.stream
        and generations.account = retold.account
        and generations.day = retold.day
    left join totals
        on generations.vendor = totals.vendor
        and generations.stream = totals.stream
        and generations.account = totals.account
        and generations.day = totals.day
        and generations.generation = totals.generation
)

select * from final
