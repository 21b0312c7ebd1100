with records as (
    {{ children_of_newest_read('pr_commits') }}
),

final as (
    select
        _account as account,
        lower(repository) as repository,
        pull_request_id,
        sha as commit_sha,
        authored_at,
        committed_at,
        author.id as author_id,
        lower(author.login) as author_login,
        author.type as author_type,
        parents,
        verified as is_verified,
        co_authors,
        agent_logs
    from records
)

select * from final
