with records as (
    {{ newest_states('git_delivery', 'workflow_runs', 'id', 'coalesce(updated_at, created_at)') }}
),

final as (
    select
        _account as account,
        _day as day,
        id as run_id,
        lower(repository) as repository,
        workflow_id,
        name as workflow_name,
        path as workflow_path,
        event,
        status,
        conclusion,
        coalesce(run_attempt, 1) as attempts,
        head_branch,
        head_sha,
        created_at,
        run_started_at as last_attempt_at,
        updated_at,
        html_url as log_page,
        actor.id as actor_id,
        lower(actor.login) as actor_login,
        actor.type as actor_type,
        pull_requests
    from records
)

select * from final
