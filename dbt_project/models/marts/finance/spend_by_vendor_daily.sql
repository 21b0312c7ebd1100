with spend as (
    select * from {{ ref('int_spend_people') }}
),

final as (
    select
        day,
        vendor,
        account,
        series,
        model,
        min(basis) as basis,
        {{ sum_money('consumption_usd') }} as consumption_usd,
        {{ sum_money('billed_usd') }} as billed_usd,
        {{ sum_money('effective_usd') }} as effective_usd,
        {{ sum_count('uncached_input_tokens') }} as uncached_input_tokens,
        {{ sum_count('cache_read_tokens') }} as cache_read_tokens,
        {{ sum_count('cache_write_tokens') }} as cache_write_tokens,
        {{ sum_count('cache_write_1h_tokens') }} as cache_write_1h_tokens,
        {{ sum_count('output_tokens') }} as output_tokens,
        {{ sum_count('reasoning_tokens') }} as reasoning_tokens,
        {{ sum_money('credits') }} as credits,
        {{ sum_money('requests') }} as requests,
        {{ worst_status('data_status') }} as data_status,
        {{ complete_share('data_status') }} as complete_share
    from spend
    group by day, vendor, account, series, model
)

select * from final
