with records as (
    {{ newest_states('git_delivery', 'deployment_pulls', 'deployment_id, pull_request_id', '_day') }}
),

final as (
    select
        _account as account,
        lower(repository) as repository,
        deployment_id,
        sha as commit_sha,
        pull_request_id,
        pull_request_number,
        merged_at,
        merge_commit_sha
    from records
)

select * from final
