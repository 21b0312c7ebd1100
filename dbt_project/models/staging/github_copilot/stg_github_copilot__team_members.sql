with records as (
    {{ counting_records('github_copilot', 'team_members') }}
),

final as (
    select
        _account as account,
        _day as day,
        lower(organization) as organization,
        team_id,
        team_slug,
        id as github_id,
        lower(login) as login
    from records
)

select * from final
