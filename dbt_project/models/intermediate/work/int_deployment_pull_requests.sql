{{ config(materialized='view') }}

with deployments as (
    select * from {{ ref('int_deployments') }}
),

pulls as (
    select * from {{ ref('stg_git_delivery__deployment_pulls') }}
),

pull_requests as (
    select * from {{ ref('int_pull_requests') }}
),

final as (
    select
        deployments.account,
        deployments.deployment_id,
        pulls.pull_request_id,
        deployments.repository,
        pulls.pull_request_number,
        deployments.environment,
        deployments.is_production,
        deployments.outcome,
        deployments.created_at as deployed_at,
        deployments.finished_at,
        coalesce(pull_requests.merged_at, pulls.merged_at) as merged_at,
        -- A preview deploys a commit whose pull request is still open, or is merged later.
        coalesce(coalesce(pull_requests.merged_at, pulls.merged_at) <= deployments.created_at, false) as was_merged
    from deployments
    inner join pulls on deployments.account = pulls.account and deployments.deployment_id = pulls.deployment_id
    left join pull_requests on pulls.account = pull_requests.account and pulls.pull_request_id = pull_requests.pull_request_id
)

select * from final
