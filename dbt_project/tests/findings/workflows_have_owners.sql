-- A workflow whose owner team the HR roster does not know, and one workflow that two companies' files state for the same days.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'dim_workflow'}}}) }}

with workflows as (
    select * from {{ ref('dim_workflow') }}
),

teams as (
    select distinct team from {{ ref('stg_hr__roster') }}
)

select workflows.company, workflows.workflow_id, workflows.owner_team, workflows.valid_from
from workflows
left join teams on workflows.owner_team = teams.team
left join workflows as others
    on workflows.workflow_id = others.workflow_id
    and workflows.company < others.company
    and workflows.valid_from < others.valid_to
    and others.valid_from < workflows.valid_to
where teams.team is null or others.workflow_id is not null
