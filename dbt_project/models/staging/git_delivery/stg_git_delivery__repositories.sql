with records as (
    {{ counting_records('git_delivery', 'repositories') }}
),

final as (
    select
        _account as account,
        _day as day,
        id as repository_id,
        lower(repository) as repository,
        default_branch,
        coalesce(visibility, case when private then 'private' when not private then 'public' end) as visibility,
        fork as is_fork,
        archived as is_archived,
        created_at,
        pushed_at
    from records
)

select * from final
