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

principal_days as (
    {{ all_vendors('principal_days', ['vendor', 'account', 'day', 'principal', 'email']) }}
),

identity_map as (
    select * from {{ ref('stg_company__identity_map') }}
),

pull_requests as (
    select * from {{ ref('stg_git_delivery__pull_requests') }}
),

reviews as (
    select * from {{ ref('stg_git_delivery__reviews') }}
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
    union
    -- anna.smith of anna.smith@example.com: what people call their workflows and branches after.
    select substr(email, 1, strpos(email, '@') - 1) as identifier from roster where email like '%.%@%'
    union
    select email as identifier from principal_days
    union
    select email as identifier from {{ ref('stg_anthropic__users') }}
    union
    select email as identifier from {{ ref('stg_anthropic__analytics_users') }}
    union
    select email as identifier from {{ ref('stg_cursor__members') }}
    union
    select email as identifier from {{ ref('stg_openai__users') }}
    union
    select identifier from identity_map
    union
    select employee_id as identifier from identity_map
    union
    select principal_email as identifier from {{ ref('stg_otlp__contexts') }}
    union
    select author_login as identifier from pull_requests where lower(author_type) <> 'bot'
    union
    select reviewer_login as identifier from reviews where lower(reviewer_type) <> 'bot'
),

final as (
    -- What stands in place of erased people names nobody.
    select identifier from identifiers where identifier is not null and identifier not in ('(erased)', '-1')
)

select * from final
