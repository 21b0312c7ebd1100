with roster as (
    select * from {{ ref('stg_hr__roster') }} where github_login is not null
),

logins as (
    select * from {{ ref('int_github_logins') }}
),

-- The roster knows logins, GitHub's reports know ids that outlive a renaming: the id is the one that held the roster's login at that time.
final as (
    select
        logins.github_id,
        roster.github_login as login,
        roster.employee_id,
        roster.team,
        roster.division,
        roster.cost_center,
        roster.segment,
        greatest(roster.valid_from, coalesce(logins.valid_from, roster.valid_from)) as valid_from,
        least(roster.valid_to, coalesce(logins.valid_to, roster.valid_to)) as valid_to
    from roster
    left join logins
        on roster.github_login = logins.login
        and roster.valid_from < logins.valid_to
        and logins.valid_from < roster.valid_to
)

select * from final
