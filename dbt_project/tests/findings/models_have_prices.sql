-- Use of a model that is not in the price book on that day, with its tokens: what they are worth is unknown, not 0, unless the vendor itself tells it
-- (has_vendor_money). What vendors call a model and is a product of theirs has no list price.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_model_tokens'}}}) }}

select
    tokens.vendor, tokens.account, tokens.model, tokens.has_vendor_money, min(tokens.day) as first_day, max(tokens.day) as last_day,
    sum(coalesce(tokens.input_tokens, 0) + coalesce(tokens.cache_read_tokens, 0) + coalesce(tokens.cache_write_tokens, 0)
        + coalesce(tokens.cache_write_1h_tokens, 0) + coalesce(tokens.output_tokens, 0)) as tokens
from {{ ref('int_model_tokens') }} as tokens
left join {{ ref('int_model_prices') }} as prices
    on tokens.priced_model = prices.model and tokens.day >= prices.valid_from and tokens.day < prices.valid_to
where prices.model is null
    and tokens.priced_model not in ('(not-split)', 'default', 'auto', 'bugbot', 'code-review-model', 'coding-agent-model')
    and tokens.priced_model not like 'composer%'
group by tokens.vendor, tokens.account, tokens.model, tokens.has_vendor_money
