-- Cents of another currency would be added to dollars. The vendor writes USD everywhere today; a row that says nothing is no better.
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

select account, day, 'analytics_cost' as stream, currency, count(*) as rows_found
from {{ ref('stg_anthropic__analytics_cost') }}
where coalesce(currency, '') <> 'USD'
group by account, day, currency
union all
select account, day, 'cost_report' as stream, currency, count(*) as rows_found
from {{ ref('stg_anthropic__cost_report') }}
where coalesce(currency, '') <> 'USD'
group by account, day, currency
