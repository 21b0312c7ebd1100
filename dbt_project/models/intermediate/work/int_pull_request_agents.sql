with pull_requests as (
    select * from {{ ref('stg_git_delivery__pull_requests') }}
),

commits as (
    select * from {{ ref('stg_git_delivery__pr_commits') }}
),

tasks as (
    select * from {{ ref('int_agent_task_pull_requests') }}
),

marks as (
    select * from {{ ref('agent_marks') }}
),

co_authors as (
    select account, pull_request_id, commit_sha, lower(co_author.email) as email
    from (select account, pull_request_id, commit_sha, unnest(co_authors) as co_author from commits) as entries
),

logs as (
    select distinct account, pull_request_id, log.log_page as log_page
    from (select account, pull_request_id, unnest(agent_logs) as log from commits) as entries
    where log.log_page is not null
),

marked as (
    select pull_requests.account, pull_requests.pull_request_id, 'author' as evidence, marks.agent, cast(null as varchar) as log_page
    from pull_requests
    inner join marks on marks.kind = 'login' and pull_requests.author_login like marks.pattern
    union all
    select pull_requests.account, pull_requests.pull_request_id, 'branch', marks.agent, null
    from pull_requests
    inner join marks on marks.kind = 'branch' and lower(pull_requests.head_branch) like marks.pattern
    union all
    select commits.account, commits.pull_request_id, 'commit_author', marks.agent, null
    from commits
    inner join marks on marks.kind = 'login' and commits.author_login like marks.pattern
    union all
    select co_authors.account, co_authors.pull_request_id, 'co_author', marks.agent, null
    from co_authors
    inner join marks on marks.kind = 'email' and co_authors.email like marks.pattern
    union all
    -- Only Copilot's cloud agent writes this trailer.
    select account, pull_request_id, 'agent_logs', 'copilot', log_page from logs
    union all
    select account, pull_request_id, 'agent_task', 'copilot', null from tasks
),

final as (
    select
        account,
        pull_request_id,
        agent,
        evidence,
        {{ sum_count('1') }} as marks_found,
        min(log_page) as log_page
    from marked
    group by account, pull_request_id, agent, evidence
)

select * from final
