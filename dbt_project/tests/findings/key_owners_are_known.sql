-- An API key whose owner the HR roster does not know: its spend reaches no team.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'stg_company__key_owners'}}}) }}

with owners as (
    select * from {{ ref('stg_company__key_owners') }}
),

employees as (
    select distinct employee_id from {{ ref('stg_hr__roster') }}
),

teams as (
    select distinct team from {{ ref('stg_hr__roster') }}
)

select owners.vendor, owners.account, owners.key_kind, owners.key, owners.owner_team
from owners
left join employees on owners.owner_employee_id = employees.employee_id
left join teams on owners.owner_team = teams.team
where (owners.owner_employee_id is not null and employees.employee_id is null)
    or (owners.owner_team is not null and teams.team is null)
