with records as (
    {{ newest_states('git_delivery', 'agent_tasks', 'id', 'coalesce(updated_at, created_at)') }}
),

entries as (
    select _account as account, lower(repository) as repository, id as task_id, unnest(sessions) as entry
    from records
),

final as (
    select
        account,
        repository,
        task_id,
        entry.id as session_id,
        entry."user".id as user_id,
        entry.state as state,
        entry.created_at as created_at,
        entry.completed_at as completed_at,
        entry.head_ref as head_branch,
        entry.model as model,
        -- GitHub counts credits in whole nano-credits, to be summed before they are divided. Sessions before June 2026 used requests.
        case when entry.usage.type = 'ai_credits' then entry.usage.amount end as nano_credits,
        case when entry.usage.type = 'premium_requests' then entry.usage.amount end as premium_requests
    from entries
)

select * from final
