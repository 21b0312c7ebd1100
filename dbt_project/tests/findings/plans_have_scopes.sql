-- A goal or a budget for something that no other file knows: it would be held against nothing.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'stg_company__budgets'}}}) }}

with plans as (
    select company, 'goal' as plan, scope, scope_id from {{ ref('stg_company__goals') }}
    union
    select company, 'budget' as plan, scope, scope_id from {{ ref('stg_company__budgets') }}
),

roster as (
    select * from {{ ref('stg_hr__roster') }}
),

owners as (
    select * from {{ ref('stg_company__key_owners') }}
),

workflows as (
    select * from {{ ref('stg_company__workflows') }}
),

known as (
    select 'organisation' as scope, '(all)' as scope_id
    union
    select 'team' as scope, team as scope_id from roster
    union
    select 'cost_center' as scope, cost_center as scope_id from roster
    union
    select 'cost_center' as scope, cost_center as scope_id from owners
    union
    select 'key' as scope, key as scope_id from owners
    union
    select 'workflow' as scope, workflow_id as scope_id from workflows
    union
    select 'service' as scope, service as scope_id from workflows
    union
    select 'vendor' as scope, vendor as scope_id from {{ source('platform', 'streams') }}
)

select plans.company, plans.plan, plans.scope, plans.scope_id
from plans
left join known on plans.scope = known.scope and plans.scope_id = known.scope_id
where known.scope_id is null
