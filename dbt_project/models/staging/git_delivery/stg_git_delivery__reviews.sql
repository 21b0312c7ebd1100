with records as (
    {{ children_of_newest_read('reviews') }}
),

final as (
    select
        _account as account,
        lower(repository) as repository,
        pull_request_id,
        id as review_id,
        "user".id as reviewer_id,
        lower("user".login) as reviewer_login,
        "user".type as reviewer_type,
        lower(state) as state,
        submitted_at,
        commit_id as commit_sha
    from records
    -- A pending review is a draft that only its writer sees.
    where submitted_at is not null and upper(state) <> 'PENDING'
)

select * from final
