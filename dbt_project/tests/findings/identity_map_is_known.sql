-- The identity map names an employee whom the HR roster does not know.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'stg_company__identity_map'}}}) }}

select identities.company, identities.vendor, identities.account, identities.identifier_kind, count(*) as identifiers_found
from {{ ref('stg_company__identity_map') }} as identities
left join {{ ref('stg_hr__roster') }} as roster on identities.employee_id = roster.employee_id
where roster.employee_id is null
group by identities.company, identities.vendor, identities.account, identities.identifier_kind
