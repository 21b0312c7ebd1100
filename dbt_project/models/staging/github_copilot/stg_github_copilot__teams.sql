with records as (
    {{ counting_records('github_copilot', 'teams') }}
),

final as (
    select
        _account as account,
        _day as day,
        lower(organization) as organization,
        id as team_id,
        slug as team_slug,
        name as team_name,
        parent.id as parent_team_id
    from records
)

select * from final
