-- Teams of which nearly everybody used far more than a launch explains, in the last five weeks. Without names; where: mart person_anomalies.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'spend_per_team_weekly'}}}) }}

select vendor, kind, count(*) as anomalies_found, max(last_day) as last_day, sum(excess_usd) as excess_usd
from {{ ref('int_anomalies') }}
where level = 'team' and kind <> 'rule_3x' and last_day >= {{ as_of() }} - interval 35 day
group by vendor, kind
