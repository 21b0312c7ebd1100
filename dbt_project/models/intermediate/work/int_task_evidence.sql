with changes as (
    {{ known_changes() }}
),

commits as (
    select * from {{ ref('stg_git_delivery__pr_commits') }}
),

tool_commits as (
    select distinct account, session_key, turn_key, lower(commit_sha) as commit_sha
    from {{ ref('int_tool_calls') }}
    where commit_sha is not null and session_key is not null and length(commit_sha) >= 7
),

contexts as (
    select
        account,
        session_key,
        turn_key,
        first_at,
        last_at,
        lower(repository) as repository,
        branch,
        lower(commit_sha) as commit_sha,
        try_cast(change_id as bigint) as change_number,
        case
            when task_id is null then null
            when try_cast(task_id as bigint) is not null and repository is not null then 'issue:' || lower(repository) || '#' || task_id
            when try_cast(task_id as bigint) is null then 'issue:' || upper(task_id)
        end as told_task_key,
        case when issue_number is not null and repository is not null then 'issue:' || lower(repository) || '#' || issue_number end as told_issue_key,
        nullif({{ issue_key_of('branch') }}, '') as branch_issue
    from {{ ref('int_session_contexts') }}
),

-- Every commit that leads to one change alone.
change_commits as (
    select commit_sha, min(change_key) as change_key
    from (
        select lower(commits.commit_sha) as commit_sha, changes.change_key
        from commits
        inner join changes on commits.account = changes.account and commits.pull_request_id = changes.pull_request_id
        union all
        select lower(head_sha), change_key from changes where head_sha is not null
        union all
        select lower(merge_commit_sha), change_key from changes where merge_commit_sha is not null
    ) as entries
    group by commit_sha
    having min(change_key) = max(change_key)
),

to_changes as (
    select
        contexts.account, contexts.session_key, contexts.turn_key, 'explicit_change' as method,
        contexts.repository || '#' || cast(contexts.change_number as varchar) as change_key
    from contexts
    where contexts.change_number is not null and contexts.repository is not null
    union
    select tool_commits.account, tool_commits.session_key, tool_commits.turn_key, 'commit', change_commits.change_key
    from tool_commits
    inner join change_commits
        on left(tool_commits.commit_sha, 7) = left(change_commits.commit_sha, 7)
        and change_commits.commit_sha like tool_commits.commit_sha || '%'
    union
    select contexts.account, contexts.session_key, contexts.turn_key, 'checked_out_commit', change_commits.change_key
    from contexts
    inner join change_commits on contexts.commit_sha = change_commits.commit_sha
    union
    select account, session_key, turn_key, 'branch', change_key
    from (
        select
            contexts.account, contexts.session_key, contexts.turn_key, changes.change_key,
            -- A branch whose name was used again: the change that was open, else the next one.
            row_number() over (
                partition by contexts.account, contexts.session_key, contexts.turn_key
                order by
                    case when changes.created_at <= contexts.last_at then 1 else 2 end,
                    case when changes.created_at <= contexts.last_at then changes.created_at end desc,
                    changes.created_at,
                    changes.pull_request_number
            ) as place
        from contexts
        inner join changes
            on contexts.repository = changes.repository
            and contexts.branch = changes.head_branch
            and changes.head_branch <> changes.base_branch
            and contexts.last_at >= changes.created_at - interval 7 day
            and contexts.first_at <= coalesce(changes.closed_at, contexts.first_at) + interval 1 day
    ) as candidates
    where place = 1
),

to_issues as (
    select account, session_key, turn_key, 'explicit_task' as method, told_task_key as task_key from contexts where told_task_key is not null
    union
    select account, session_key, turn_key, 'explicit_task', told_issue_key from contexts where told_issue_key is not null
    union
    select account, session_key, turn_key, 'issue_in_branch', 'issue:' || branch_issue from contexts where branch_issue is not null
),

final as (
    select account, session_key, turn_key, method, change_key, cast(null as varchar) as task_key from to_changes
    union all
    select account, session_key, turn_key, method, null, task_key from to_issues
)

select * from final
