-- Where OpenAI refused to group the costs by key, the bill is whole and names nobody: persons and machines cannot be told apart on those days.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

select account, group_by, min(day) as since, max(day) as until, sum(amount_usd) as billed_usd
from {{ ref('stg_openai__costs') }}
where ',' || group_by || ',' not like '%,api_key_id,%'
group by account, group_by
