-- The classes of input are disjoint and add up to what the vendor totals; where they do not, one of them means something else than is documented.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

select account, day, count(*) as rows_found, sum(input_tokens) as input_tokens
from {{ ref('stg_openai__usage_completions') }}
where uncached_input_tokens < 0
    or uncached_input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) <> input_tokens
    or cache_write_1h_tokens > cache_write_tokens
group by account, day
