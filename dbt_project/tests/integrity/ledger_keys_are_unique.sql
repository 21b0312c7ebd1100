-- The same key twice in a counting generation, with different values: one of the two is wrong, and both are in the total.
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Erased people share one word and one number: their rows are several, and not one told twice.
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

select 'ai_credit_report' as stream, account, day, count(*) as rows_found
from {{ ref('stg_github_copilot__ai_credit_report') }}
where coalesce(login, '') <> '(erased)'
group by account, day, login, product, sku, model, unit_type, unit_price_usd, organization, repository, cost_center
having count(*) > 1

union all

select 'billing_report' as stream, account, day, count(*) as rows_found
from {{ ref('stg_github_copilot__billing_report') }}
where coalesce(login, '') <> '(erased)'
group by account, day, product, sku, unit_type, unit_price_usd, organization, repository, cost_center, login, workflow_path
having count(*) > 1

union all

select 'ai_credit_usage' as stream, account, day, count(*) as rows_found
from {{ ref('stg_github_copilot__ai_credit_usage') }}
group by account, day, product, sku, model, unit_type, unit_price_usd
having count(*) > 1

union all

select 'user_days' as stream, account, day, count(*) as rows_found
from {{ ref('stg_github_copilot__user_days') }}
where login <> '(erased)'
group by account, day, github_id
having count(*) > 1
