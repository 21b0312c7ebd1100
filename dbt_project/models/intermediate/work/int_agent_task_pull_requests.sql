with tasks as (
    select * from {{ ref('stg_git_delivery__agent_tasks') }}
),

entries as (
    select account, task_id, repository, unnest(artifacts) as artifact
    from tasks
),

final as (
    select distinct account, task_id, repository, artifact.data.id as pull_request_id
    from entries
    where artifact.provider = 'github' and artifact.type = 'pull' and artifact.data.id is not null
)

select * from final
