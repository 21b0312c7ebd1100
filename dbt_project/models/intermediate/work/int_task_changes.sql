with changes as (
    {{ known_changes() }}
),

evidence as (
    select * from {{ ref('int_task_evidence') }}
),

-- The issue that work on a change was said to be for, where its own branch names none.
said_of_change as (
    select to_changes.change_key, {{ only_value('to_issues.task_key') }} as task_key
    from evidence as to_changes
    inner join evidence as to_issues
        on to_changes.account = to_issues.account
        and to_changes.session_key = to_issues.session_key
        and to_changes.turn_key is not distinct from to_issues.turn_key
        and to_issues.method = 'explicit_task'
    where to_changes.change_key is not null
    group by to_changes.change_key
),

change_tasks as (
    select
        keys.change_key,
        coalesce(
            case when changes.reverts_number is null then 'issue:' || changes.issue_key end,
            case when changes.reverts_number is null then 'issue:' || changes.repository || '#' || cast(changes.issue_number as varchar) end,
            said_of_change.task_key,
            'change:' || keys.change_key
        ) as task_key,
        changes.account,
        changes.pull_request_id
    from (select change_key from changes union select change_key from evidence where change_key is not null) as keys
    left join changes on keys.change_key = changes.change_key
    left join said_of_change on keys.change_key = said_of_change.change_key
),

final as (
    select * from change_tasks
)

select * from final
