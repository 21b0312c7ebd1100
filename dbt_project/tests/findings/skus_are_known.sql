-- A Copilot SKU or unit that github_copilot_meters.csv does not name: it is in the totals, as use or as a fee, by a guess.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_github_copilot_meters'}}}) }}

select report, product, sku, unit_type
from {{ ref('int_github_copilot_meters') }}
where meter = 'unknown'
