with records as (
    {{ counting_records('github_copilot', 'seats') }}
),

final as (
    select
        _account as account,
        _day as day,
        assignee.id as github_id,
        lower(assignee.login) as login,
        lower(organization.login) as organization,
        assigning_team.id as assigning_team_id,
        coalesce(plan_type, 'unknown') as plan,
        created_at as assigned_at,
        last_activity_at,
        pending_cancellation_date
    from records
)

select * from final
