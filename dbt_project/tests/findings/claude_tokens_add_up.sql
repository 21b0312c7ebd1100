-- The vendor's own total of a row is not the sum of its classes: a class of tokens has come that nobody here counts.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_anthropic_spend_lines'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_anthropic_spend_lines') }}

select account, day, model, total_tokens, uncached_input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens
from {{ ref('stg_anthropic__analytics_usage') }}
where total_tokens <> uncached_input_tokens + cache_read_tokens + coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)
    + output_tokens
