with spend as (
    select * from {{ ref('int_spend') }}
),

calls as (
    select * from {{ ref('int_model_calls') }}
),

-- A vendor may tell tokens and money in rows of their own: what it says of an account's day is its word on all models of it.
told_money as (
    select vendor, account, day, sum(coalesce(consumption_usd, billed_usd)) is not null as has_vendor_money
    from spend
    group by vendor, account, day
),

tokens as (
    select
        vendor, account, model, day, uncached_input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens
    from spend
    union all
    select
        vendor, account, coalesce(model, '(not split)') as model, day, uncached_input_tokens, cache_read_tokens, cache_write_tokens,
        cache_write_1h_tokens, output_tokens
    from calls
),

final as (
    select
        tokens.vendor,
        tokens.account,
        tokens.model,
        {{ model_key('tokens.model') }} as priced_model,
        tokens.day,
        {{ sum_count('tokens.uncached_input_tokens') }} as input_tokens,
        {{ sum_count('tokens.cache_read_tokens') }} as cache_read_tokens,
        cast(sum(tokens.cache_write_tokens) - coalesce(sum(tokens.cache_write_1h_tokens), 0) as bigint) as cache_write_tokens,
        {{ sum_count('tokens.cache_write_1h_tokens') }} as cache_write_1h_tokens,
        {{ sum_count('tokens.output_tokens') }} as output_tokens,
        coalesce(max(case when told_money.has_vendor_money then 1 end), 0) = 1 as has_vendor_money
    from tokens
    left join told_money on tokens.vendor = told_money.vendor and tokens.account = told_money.account and tokens.day = told_money.day
    where coalesce(tokens.uncached_input_tokens, tokens.cache_read_tokens, tokens.cache_write_tokens, tokens.output_tokens) is not null
    group by tokens.vendor, tokens.account, tokens.model, tokens.day
)

select * from final
