-- A Copilot SKU or unit that github_copilot_meters.csv does not name: its money is in the totals, as use or as a fee, by a guess;
-- the quantity of an unknown unit is in neither credits nor requests.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_github_copilot_meters'}}}) }}

select report, product, sku, unit_type
from {{ ref('int_github_copilot_meters') }}
where meter = 'unknown'
    or (report = 'ai_credit' and unit_type not in ('ai-credits', 'requests'))
