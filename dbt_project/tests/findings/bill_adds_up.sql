-- The vendor's own floats leave less than a millionth of a dollar; more than that is worth a look.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

{{ billing_arithmetic('0.000001') }}
