{% set tally = [
    'human_reviews', 'change_requests', 'approvals', 'human_rewrites', 'ci_runs', 'ci_runs_passed', 'ci_attempts', 'deployments', 'failed_deployments',
    'incidents', 'lines_added', 'lines_deleted'
] %}

with task_changes as (
    select * from {{ ref('int_task_changes') }} where pull_request_id is not null
),

pull_requests as (
    select * from {{ ref('int_pull_requests') }}
),

commits as (
    select * from {{ ref('stg_git_delivery__pr_commits') }}
),

labels as (
    select * from {{ ref('stg_git_delivery__pull_request_labels') }}
),

marks as (
    select * from {{ ref('agent_marks') }} where kind in ('login', 'email')
),

ci as (
    select * from {{ ref('int_workflow_runs') }} where pull_request_id is not null and agent is null
),

deployed as (
    select * from {{ ref('int_deployment_pull_requests') }} where is_production
),

incidents as (
    select * from {{ ref('int_incidents') }} where not is_dismissed
),

links as (
    select * from {{ ref('int_task_links') }} where is_counted
),

-- What the company says that a workflow does counts more than what a branch is called.
declared as (
    select workflow_id, min(task_class) as task_class
    from {{ ref('stg_company__workflows') }}
    group by workflow_id
    having min(task_class) = max(task_class)
),

-- What delivery is read of at all: elsewhere nobody knows what became of the work.
read_repositories as (
    select repository from {{ ref('stg_git_delivery__repositories') }}
    union
    select repository from pull_requests
),

contexts as (
    select * from {{ ref('int_session_contexts') }}
),

-- A person's commit on a change that an agent, a bot or a workflow opened, after it was opened: what the machine made was rewritten.
commit_agents as (
    select distinct commits.account, commits.pull_request_id, commits.commit_sha
    from (
        select account, pull_request_id, commit_sha, author_login as sign from commits
        union all
        select account, pull_request_id, commit_sha, lower(co_author.email)
        from (select account, pull_request_id, commit_sha, unnest(co_authors) as co_author from commits) as entries
    ) as commits
    inner join marks on commits.sign like marks.pattern
),

workflow_changes as (
    select distinct changes.account, changes.pull_request_id
    from links
    inner join contexts
        on links.account = contexts.account
        and links.session_key = contexts.session_key
        and links.turn_key is not distinct from contexts.turn_key
        and contexts.workflow_id is not null
    inner join task_changes as changes on links.change_key = changes.change_key
),

rewrites as (
    select commits.account, commits.pull_request_id
    from commits
    inner join pull_requests on commits.account = pull_requests.account and commits.pull_request_id = pull_requests.pull_request_id
    left join commit_agents
        on commits.account = commit_agents.account
        and commits.pull_request_id = commit_agents.pull_request_id
        and commits.commit_sha = commit_agents.commit_sha
    left join workflow_changes
        on commits.account = workflow_changes.account and commits.pull_request_id = workflow_changes.pull_request_id
    where commits.author_type = 'User'
        and commit_agents.commit_sha is null
        and commits.authored_at > pull_requests.created_at
        and (pull_requests.agent_role = 'led' or pull_requests.author_kind in ('agent', 'bot') or workflow_changes.pull_request_id is not null)
    group by commits.account, commits.pull_request_id
),

ci_of_changes as (
    select
        account, pull_request_id,
        {{ sum_count('1') }} as ci_runs,
        {{ sum_count("case when outcome = 'success' then 1 else 0 end") }} as ci_runs_passed,
        {{ sum_count('attempts') }} as ci_attempts
    from ci
    group by account, pull_request_id
),

-- An incident within a day of a production deployment is put down to the last one before it: evidence and no proof, as everybody does it.
blamed as (
    select account, issue_id, deployment_id
    from (
        select
            incidents.account,
            incidents.issue_id,
            deployed.deployment_id,
            row_number() over (
                partition by incidents.account, incidents.issue_id order by deployed.finished_at desc, deployed.deployment_id
            ) as place
        from incidents
        inner join (
            select distinct account, deployment_id, repository, finished_at from deployed where outcome in ('success', 'failure')
        ) as deployed
            on incidents.account = deployed.account
            and incidents.repository = deployed.repository
            and incidents.created_at >= deployed.finished_at
            and incidents.created_at < deployed.finished_at + interval 1 day
    ) as ranked
    where place = 1
),

delivered as (
    select
        deployed.account,
        deployed.pull_request_id,
        {{ sum_count("case when deployed.outcome = 'success' then 1 else 0 end") }} as deployments,
        {{ sum_count("case when deployed.outcome = 'failure' then 1 else 0 end") }} as failed_deployments,
        min(case when deployed.outcome = 'success' then deployed.finished_at end) as first_deployed_at,
        count(distinct blamed.issue_id) as incidents
    from deployed
    left join blamed on deployed.account = blamed.account and deployed.deployment_id = blamed.deployment_id
    where deployed.was_merged
    group by deployed.account, deployed.pull_request_id
),

labelled as (
    select account, pull_request_id, string_agg(label, ' ' order by label) as labels from labels group by account, pull_request_id
),

changes as (
    select
        task_changes.task_key,
        task_changes.change_key,
        pull_requests.repository,
        pull_requests.created_at,
        pull_requests.first_commit_at,
        pull_requests.ready_at,
        pull_requests.first_review_at,
        pull_requests.closed_at,
        pull_requests.merged_at,
        pull_requests.state,
        pull_requests.reverted_at <= pull_requests.merged_at + interval {{ survival_days() }} day as is_reverted,
        pull_requests.reverts_number,
        pull_requests.head_branch,
        pull_requests.agent_role,
        pull_requests.author_kind,
        pull_requests.updated_at,
        delivered.first_deployed_at,
        labelled.labels,
        pull_requests.human_reviews,
        pull_requests.change_requests,
        pull_requests.approvals,
        case when rewrites.pull_request_id is not null then 1 else 0 end as human_rewrites,
        coalesce(ci_of_changes.ci_runs, 0) as ci_runs,
        coalesce(ci_of_changes.ci_runs_passed, 0) as ci_runs_passed,
        coalesce(ci_of_changes.ci_attempts, 0) as ci_attempts,
        coalesce(delivered.deployments, 0) as deployments,
        coalesce(delivered.failed_deployments, 0) as failed_deployments,
        coalesce(delivered.incidents, 0) as incidents,
        pull_requests.lines_added,
        pull_requests.lines_deleted
    from task_changes
    inner join pull_requests
        on task_changes.account = pull_requests.account and task_changes.pull_request_id = pull_requests.pull_request_id
    {% for part in ['rewrites', 'ci_of_changes', 'delivered', 'labelled'] %}
    left join {{ part }}
        on task_changes.account = {{ part }}.account and task_changes.pull_request_id = {{ part }}.pull_request_id
    {% endfor %}
),

sessions as (
    select
        links.task_key,
        count(distinct links.account || '|' || cast(links.session_key as varchar)) as sessions,
        min(contexts.first_at) as first_session_at,
        max(contexts.last_at) as last_session_at,
        {{ only_value('contexts.workflow_id') }} as workflow_id,
        min(contexts.workflow_id) as any_workflow_id,
        min(contexts.repository) as repository
    from links
    inner join contexts
        on links.account = contexts.account
        and links.session_key = contexts.session_key
        and links.turn_key is not distinct from contexts.turn_key
    group by links.task_key
),

per_task as (
    select
        task_key,
        {{ sum_count('1') }} as changes,
        {{ sum_count('case when merged_at is not null then 1 else 0 end') }} as changes_merged,
        {{ sum_count("case when state = 'open' then 1 else 0 end") }} as changes_open,
        {{ sum_count('case when is_reverted then 1 else 0 end') }} as changes_reverted,
        min(created_at) as first_change_at,
        min(first_commit_at) as first_commit_at,
        max(merged_at) as merged_at,
        max(closed_at) as closed_at,
        max(updated_at) as updated_at,
        min(first_deployed_at) as first_deployed_at,
        min(repository) as repository,
        max(reverts_number) is not null as is_revert,
        max(case when agent_role <> 'none' then 1 else 0 end) = 1 as has_agent_marks,
        min({{ task_class_of('head_branch', 'labels') }}) as task_class,
        {% for column in tally %}
        {{ sum_count(column) }} as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from changes
    group by task_key
),

keys as (
    select task_key from per_task
    union
    select task_key from sessions
),

told as (
    select
        keys.task_key,
        coalesce(per_task.repository, sessions.repository) as repository,
        sessions.workflow_id,
        sessions.any_workflow_id is not null and sessions.workflow_id is null as has_several_workflows,
        coalesce(declared.task_class, per_task.task_class, 'code_change') as task_class,
        coalesce(per_task.is_revert, false) as is_revert,
        coalesce(per_task.has_agent_marks, false) or sessions.task_key is not null as is_agent,
        sessions.task_key is not null as is_told,
        per_task.task_key is not null or sessions.repository is null or read_repositories.repository is not null as is_read,
        coalesce(sessions.sessions, 0) as sessions,
        least(coalesce(sessions.first_session_at, per_task.first_commit_at), coalesce(per_task.first_commit_at, sessions.first_session_at)) as started_at,
        greatest(
            coalesce(sessions.last_session_at, per_task.updated_at), coalesce(per_task.updated_at, sessions.last_session_at)
        ) as last_seen_at,
        per_task.first_commit_at,
        per_task.first_change_at,
        per_task.first_deployed_at,
        per_task.merged_at,
        per_task.closed_at,
        coalesce(per_task.changes, 0) as changes,
        coalesce(per_task.changes_merged, 0) as changes_merged,
        coalesce(per_task.changes_open, 0) as changes_open,
        coalesce(per_task.changes_reverted, 0) as changes_reverted,
        {% for column in tally %}
        coalesce(per_task.{{ column }}, 0) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from keys
    left join per_task on keys.task_key = per_task.task_key
    left join sessions on keys.task_key = sessions.task_key
    left join declared on sessions.workflow_id = declared.workflow_id
    left join read_repositories on lower(sessions.repository) = read_repositories.repository
),

judged as (
    select
        *,
        case
            when not is_read then 'unknown'
            when changes_open > 0 and last_seen_at >= {{ as_of() }} - interval {{ idle_days() }} day then 'open'
            when changes_merged > 0 and changes_reverted > 0 then 'reverted'
            when changes_merged > 0 then 'completed'
            when changes > 0 and changes_open = 0 then 'abandoned'
            when task_key like 'run:%' and last_seen_at < {{ as_of() }} then 'no_artefact'
            when last_seen_at >= {{ as_of() }} - interval {{ idle_days() }} day then 'open'
            when changes = 0 then 'no_artefact'
            else 'abandoned'
        end as outcome
    from told
),

final as (
    select
        *,
        case when outcome in ('completed', 'reverted') then merged_at end as completed_at,
        case
            when outcome in ('completed', 'reverted') then merged_at
            when outcome = 'abandoned' and changes_open = 0 then closed_at
            -- A machine's run is over when it is over.
            when task_key like 'run:%' and outcome = 'no_artefact' then last_seen_at
            when outcome in ('abandoned', 'no_artefact') then last_seen_at + interval {{ idle_days() }} day
        end as ended_at,
        -- Until then a revert or an incident may still undo it.
        outcome = 'completed' and merged_at > {{ as_of() }} - interval {{ survival_days() }} day as is_provisional
    from judged
)

select * from final
