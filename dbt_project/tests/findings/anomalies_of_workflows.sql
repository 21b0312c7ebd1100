-- A workflow whose run costs far more than before, or delivers nothing, in the last five weeks. Where: mart anomalies.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'spend_per_workflow_daily'}}}) }}

select entity, vendor, kind, first_day, last_day, actual, expected, excess_usd
from {{ ref('int_anomalies') }}
where level = 'workflow' and kind <> 'rule_3x' and last_day >= {{ as_of() }} - interval 35 day
