with records as (
    {{ newest_states('git_delivery', 'agent_tasks', 'id', 'coalesce(updated_at, created_at)') }}
),

final as (
    select
        _account as account,
        lower(repository) as repository,
        id as task_id,
        creator.id as creator_id,
        creator_type,
        state,
        custom_agent.id as custom_agent,
        session_count,
        created_at,
        updated_at,
        archived_at,
        artifacts
    from records
)

select * from final
