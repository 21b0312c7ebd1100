-- Calls whose input is smaller than the cache tokens that it should hold: the sender counts otherwise than otlp_sources.csv says.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_model_calls'}}}) }}

select account, emitter, source, model, count(*) as calls
from {{ ref('int_model_calls') }}
where is_input_without_cache
group by account, emitter, source, model
