with deployments as (
    select * from {{ ref('stg_git_delivery__deployments') }}
),

statuses as (
    select * from {{ ref('stg_git_delivery__deployment_statuses') }}
),

-- inactive says that another deployment took the place: it says nothing of how this one went.
last_told as (
    select account, deployment_id, state, occurred_at
    from (
        select
            *,
            row_number() over (partition by account, deployment_id order by occurred_at desc, status_id desc) as place
        from statuses
        where state <> 'inactive'
    ) as ranked
    where place = 1
),

superseded as (
    select account, deployment_id, min(occurred_at) as inactive_at
    from statuses
    where state = 'inactive'
    group by account, deployment_id
),

final as (
    select
        deployments.account,
        deployments.deployment_id,
        deployments.repository,
        deployments.day,
        deployments.commit_sha,
        deployments.branch,
        deployments.task,
        deployments.environment,
        deployments.is_production,
        deployments.is_transient,
        deployments.creator_id,
        deployments.creator_login,
        deployments.created_at,
        case
            when last_told.state = 'success' then 'success'
            when last_told.state in ('failure', 'error') then 'failure'
            -- Somebody else's success took its place before this one told how it went.
            when superseded.inactive_at is not null then 'superseded'
            else 'pending'
        end as outcome,
        case when last_told.state in ('success', 'failure', 'error') then last_told.occurred_at end as finished_at,
        last_told.state as last_state,
        superseded.inactive_at
    from deployments
    left join last_told on deployments.account = last_told.account and deployments.deployment_id = last_told.deployment_id
    left join superseded on deployments.account = superseded.account and deployments.deployment_id = superseded.deployment_id
)

select * from final
