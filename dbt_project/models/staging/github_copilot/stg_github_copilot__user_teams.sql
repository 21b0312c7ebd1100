with records as (
    {{ counting_records('github_copilot', 'user_teams') }}
),

final as (
    select
        _account as account,
        _day as day,
        user_id as github_id,
        lower(user_login) as login,
        team_id,
        slug as team_slug,
        organization_id
    from records
)

select * from final
