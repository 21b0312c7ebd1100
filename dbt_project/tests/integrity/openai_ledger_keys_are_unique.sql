-- The same key twice in a counting generation, with different values: one of the two is wrong, and both are in the total.
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}
-- Erased people share one word: their rows are several, and not one told twice.

select 'costs' as stream, account, day, count(*) as rows_found
from {{ ref('stg_openai__costs') }}
where coalesce(user_id, '') <> '(erased)'
group by account, day, project, line_item, api_key_id, user_id, api_source
having count(*) > 1

union all

select 'usage_completions' as stream, account, day, count(*) as rows_found
from {{ ref('stg_openai__usage_completions') }}
where coalesce(user_id, '') <> '(erased)'
group by account, day, project, model, user_id, api_key_id, api_source, batch, service_tier
having count(*) > 1
