with tasks as (
    select * from {{ ref('stg_git_delivery__agent_tasks') }}
),

sessions as (
    select * from {{ ref('stg_git_delivery__agent_sessions') }}
),

per_task as (
    select
        account,
        task_id,
        {{ sum_count('1') }} as sessions,
        {{ sum_count("case when state in ('failed', 'timed_out', 'cancelled') then 1 else 0 end") }} as failed_sessions,
        min(created_at) as started_at,
        case when count(completed_at) = count(*) then max(completed_at) end as completed_at,
        -- Summed in nano-credits and divided once, as GitHub asks for.
        {{ times('sum(nano_credits)', "'0.000000001'") }} as credits,
        {{ sum_money('premium_requests') }} as premium_requests,
        {{ sum_count("case when coalesce(nano_credits, premium_requests) is null then 1 else 0 end") }} as sessions_without_usage,
        string_agg(distinct model, ', ' order by model) as models,
        max(head_branch) as head_branch
    from sessions
    group by account, task_id
),

final as (
    select
        tasks.account,
        tasks.task_id,
        tasks.repository,
        tasks.creator_id,
        coalesce(tasks.creator_type, 'user') as creator_type,
        tasks.state,
        tasks.custom_agent,
        tasks.created_at,
        tasks.updated_at,
        tasks.archived_at,
        per_task.started_at,
        per_task.completed_at,
        coalesce(per_task.sessions, 0) as sessions,
        coalesce(per_task.failed_sessions, 0) as failed_sessions,
        per_task.sessions_without_usage,
        per_task.credits,
        per_task.premium_requests,
        per_task.models,
        per_task.head_branch
    from tasks
    left join per_task on tasks.account = per_task.account and tasks.task_id = per_task.task_id
)

select * from final
