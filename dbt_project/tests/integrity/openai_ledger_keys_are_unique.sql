-- The same key twice in a counting generation, with different values: one of the two is wrong, and both are in the total.
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

select 'costs' as stream, account, day, count(*) as rows_found
from {{ ref('stg_openai__costs') }}
group by account, day, project, line_item, api_key_id, user_id, api_source
having count(*) > 1

union all

select 'usage_completions' as stream, account, day, count(*) as rows_found
from {{ ref('stg_openai__usage_completions') }}
group by account, day, project, model, user_id, api_key_id, api_source, batch, service_tier
having count(*) > 1
