with records as (
    {{ newest_states('git_delivery', 'pull_requests', 'id', 'updated_at') }}
),

final as (
    select
        _account as account,
        id as pull_request_id,
        lower(repository) as repository,
        number as pull_request_number,
        case when merged_at is not null then 'merged' else state end as state,
        coalesce(draft, false) as is_draft,
        "user".id as author_id,
        lower("user".login) as author_login,
        "user".type as author_type,
        author_association,
        created_at,
        updated_at,
        closed_at,
        merged_at,
        merged_by.id as merged_by_id,
        lower(merged_by.login) as merged_by_login,
        head.ref as head_branch,
        head.sha as head_sha,
        base.ref as base_branch,
        base.repo.id as repository_id,
        -- Of an open pull request GitHub sends a test merge here, which is nobody's commit. Not sent by version 2026-03-10.
        case when merged_at is not null then nullif(merge_commit_sha, '') end as merge_commit_sha,
        additions as lines_added,
        deletions as lines_deleted,
        changed_files,
        commits,
        comments,
        review_comments,
        _fetched_at as read_at
    from records
)

select * from final
