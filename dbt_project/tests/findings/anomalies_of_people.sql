-- People whose use is far above their own past, in the last five weeks: how many, by vendor and kind. Without names; where: mart person_anomalies.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'spend_per_user_daily'}}}) }}

select vendor, kind, count(*) as anomalies_found, max(last_day) as last_day, sum(excess_usd) as excess_usd
from {{ ref('int_anomalies') }}
where level = 'user' and kind <> 'rule_3x' and last_day >= {{ as_of() }} - interval 35 day
group by vendor, kind
