-- A row that is off by more than a cent was read wrongly or sent wrongly: nothing is published from it.
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

{{ billing_arithmetic('0.01') }}
