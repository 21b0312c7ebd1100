-- A model without a list price in model_prices.csv on that day: what its calls are worth is unknown, and nothing is allocated by them.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_model_calls'}}}) }}

select account, model, min(day) as first_day, max(day) as last_day, count(*) as calls
from {{ ref('int_model_calls') }}
where estimated_usd is null and coalesce(uncached_input_tokens, output_tokens) is not null
group by account, model
