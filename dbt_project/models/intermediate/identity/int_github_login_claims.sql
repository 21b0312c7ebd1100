-- Who says that a login is an employee's, and for which days: the identity map or the roster.
with claimed as (
    select employee_id, identifier as login, 'identity_map' as method, valid_from, valid_to
    from {{ ref('stg_company__identity_map') }}
    where vendor = 'github_copilot' and identifier_kind = 'login'
    union all
    select employee_id, github_login as login, 'roster_login' as method, valid_from, valid_to
    from {{ ref('stg_hr__roster') }}
    where github_login is not null
),

final as (
    select employee_id, login, method, min(valid_from) as valid_from, max(valid_to) as valid_to
    from claimed
    group by employee_id, login, method
)

select * from final
