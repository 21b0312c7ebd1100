-- A line of the bill without an amount: what it costs is unknown, not zero.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

select account, day, line_item, count(*) as rows_found
from {{ ref('stg_openai__costs') }}
where amount_usd is null and currency is null
group by account, day, line_item
