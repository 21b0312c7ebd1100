-- A day of a vendor's report that is missing, partial, late, duplicated or in another unit, of the last five weeks. Where: mart anomalies.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend_people'}}}) }}

select entity, vendor, kind, first_day, last_day, actual, expected, excess_usd
from {{ ref('int_anomalies') }}
where level = 'vendor' and kind <> 'rule_3x' and last_day >= {{ as_of() }} - interval 35 day
