-- What cost centres are told is what teams are told, vendor by vendor, to the last unit.
{{ config(meta={'dagster': {'ref': {'name': 'chargeback_monthly'}}}) }}

select coalesce(centers.vendor, teams.vendor) as vendor, centers.effective_usd as of_centers_usd, teams.effective_usd as of_teams_usd
from (select vendor, sum(effective_usd) as effective_usd from {{ ref('chargeback_monthly') }} group by vendor) as centers
full outer join (select vendor, sum(effective_usd) as effective_usd from {{ ref('spend_per_team_weekly') }} group by vendor) as teams
    on centers.vendor = teams.vendor
where coalesce(centers.effective_usd, 0) <> coalesce(teams.effective_usd, 0)
