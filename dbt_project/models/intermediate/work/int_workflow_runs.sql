with runs as (
    select * from {{ ref('stg_git_delivery__workflow_runs') }}
),

commits as (
    select * from {{ ref('stg_git_delivery__pr_commits') }}
),

pull_requests as (
    select * from {{ ref('stg_git_delivery__pull_requests') }}
),

deployed as (
    select * from {{ ref('stg_git_delivery__deployment_pulls') }}
),

marks as (
    select * from {{ ref('agent_marks') }}
),

-- Surest first: the commit is one of a pull request's; its branch was a pull request's when the run was made; GitHub names one.
candidates as (
    select runs.account, runs.run_id, commits.pull_request_id, 1 as rank, 'commit' as evidence
    from runs
    inner join commits
        on runs.account = commits.account and runs.repository = commits.repository and runs.head_sha = commits.commit_sha
    union
    select runs.account, runs.run_id, pull_requests.pull_request_id, 1, 'commit'
    from runs
    inner join pull_requests
        on runs.account = pull_requests.account
        and runs.repository = pull_requests.repository
        and runs.head_sha in (pull_requests.head_sha, pull_requests.merge_commit_sha)
    union
    -- The newer version of the API does not name the merge; where it was deployed, GitHub was asked for its pull request.
    select runs.account, runs.run_id, deployed.pull_request_id, 1, 'commit'
    from runs
    inner join deployed
        on runs.account = deployed.account and runs.repository = deployed.repository and runs.head_sha = deployed.commit_sha
    union
    select runs.account, runs.run_id, pull_requests.pull_request_id, 2, 'branch'
    from runs
    inner join pull_requests
        on runs.account = pull_requests.account
        and runs.repository = pull_requests.repository
        and runs.head_branch = pull_requests.head_branch
        and runs.head_branch <> pull_requests.base_branch
        -- The agent's run begins before it opens the pull request.
        and runs.created_at >= pull_requests.created_at - interval 1 day
        and (pull_requests.closed_at is null or runs.created_at <= pull_requests.closed_at)
    union
    select account, run_id, entry.id, 3, 'listed'
    from (select account, run_id, unnest(pull_requests) as entry from runs) as listed
    where entry.id is not null
),

best as (
    select account, run_id, evidence, min(pull_request_id) as pull_request_id, count(distinct pull_request_id) as pull_requests
    from (
        select *, rank() over (partition by account, run_id order by rank) as place
        from candidates
    ) as ranked
    where place = 1
    group by account, run_id, evidence
),

agent_paths as (
    select runs.account, runs.run_id, min(marks.agent) as agent
    from runs
    inner join marks on marks.kind = 'path' and lower(runs.workflow_path) like marks.pattern
    group by runs.account, runs.run_id
),

final as (
    select
        runs.account,
        runs.run_id,
        runs.repository,
        runs.day,
        runs.workflow_id,
        runs.workflow_name,
        runs.workflow_path,
        runs.event,
        runs.status,
        runs.conclusion,
        case
            when runs.status <> 'completed' or runs.conclusion is null then 'running'
            when runs.conclusion = 'success' then 'success'
            when runs.conclusion in ('failure', 'timed_out', 'startup_failure') then 'failure'
            else 'other'
        end as outcome,
        cast(runs.attempts as bigint) as attempts,
        runs.head_branch,
        runs.head_sha,
        runs.created_at,
        runs.last_attempt_at,
        case when runs.status = 'completed' then runs.updated_at end as finished_at,
        runs.log_page,
        runs.actor_id,
        runs.actor_login,
        agent_paths.agent,
        -- Of several pull requests none is taken: a number that is right by chance is none.
        case when best.pull_requests = 1 then best.pull_request_id end as pull_request_id,
        case when best.pull_requests = 1 then best.evidence when best.pull_requests > 1 then 'several' else 'none' end as pull_request_evidence
    from runs
    left join best on runs.account = best.account and runs.run_id = best.run_id
    left join agent_paths on runs.account = agent_paths.account and runs.run_id = agent_paths.run_id
)

select * from final
