-- A cost type or product of Claude that nobody here knows: its money counts, but what it is and where it ran is not split.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_anthropic_spend_lines'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_anthropic_spend_lines') }}

with costs as (
    select account, cost_type, product, billed_usd from {{ ref('stg_anthropic__analytics_cost') }}
    union all
    select account, cost_type, cast(null as varchar) as product, billed_usd from {{ ref('stg_anthropic__cost_report') }}
),

products as (
    select * from {{ ref('anthropic_products') }}
)

select costs.account, costs.cost_type, costs.product, count(*) as rows_found, sum(costs.billed_usd) as billed_usd
from costs
left join products on costs.product = products.product
where coalesce(costs.cost_type, '') not in ('tokens', 'web_search', 'code_execution', 'session_usage')
    or (costs.product is not null and products.product is null)
group by costs.account, costs.cost_type, costs.product
