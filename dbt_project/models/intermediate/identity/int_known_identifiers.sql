-- What must never appear in a table without persons: the publisher searches aggregate and finance files for it.
with logins as (
    select * from {{ ref('int_github_logins') }}
),

person_days as (
    select * from {{ ref('int_person_days') }}
),

roster as (
    select * from {{ ref('stg_hr__roster') }}
),

identifiers as (
    select login as identifier from logins
    union
    select cast(github_id as varchar) as identifier from logins
    union
    select principal as identifier from person_days
    union
    select person_id as identifier from person_days
    union
    select employee_id as identifier from roster
    union
    select email as identifier from roster
    union
    select github_login as identifier from roster
    union
    select manager_id as identifier from roster
),

final as (
    select identifier from identifiers where identifier is not null
)

select * from final
