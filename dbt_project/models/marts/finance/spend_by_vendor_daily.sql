with spend as (
    select * from {{ ref('int_spend_told') }}
),

told as (
    select
        told_on as day,
        published_vendor as vendor,
        published_account as account,
        series,
        published_model as model,
        told_on,
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
        {{ sum_money('seat_months') }} as seat_months,
        {{ worst_status('data_status') }} as data_status
    from spend
    where told_on is not null
    group by told_on, published_vendor, published_account, series, published_model
),

-- Days that are told with another one, or not yet: there was use, and its figures do not stand here.
untold as (
    select
        day, published_vendor as vendor, published_account as account, series, '(suppressed)' as model, told_on,
        {{ worst_status('data_status') }} as data_status
    from spend
    where told_on is null or told_on <> day
    group by day, published_vendor, published_account, series, told_on
),

-- The share of one of the days or accounts in a row would be a figure of its own: a row is complete as a whole or not.
final as (
    select
        *,
        case
            when coalesce(consumption_usd, 0) = 0 and coalesce(billed_usd, 0) = 0 then null
            when data_status = 'complete' then cast(1 as decimal(9, 6))
            else cast(0 as decimal(9, 6))
        end as complete_share
    from told
    union all
    select
        day, vendor, account, series, model, told_on,
        cast(null as varchar) as basis,
        {% for money in ['consumption_usd', 'billed_usd', 'effective_usd'] %}cast(null as {{ money_type() }}) as {{ money }}, {% endfor %}
        {% for tokens in ['uncached_input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'cache_write_1h_tokens', 'output_tokens', 'reasoning_tokens'] %}
        cast(null as bigint) as {{ tokens }},
        {% endfor %}
        {% for count in ['credits', 'requests', 'seat_months'] %}cast(null as {{ money_type() }}) as {{ count }}, {% endfor %}
        data_status,
        cast(null as decimal(9, 6)) as complete_share
    from untold
)

select * from final
