with evidence as (
    select * from {{ ref('int_task_evidence') }}
),

changes as (
    select * from {{ ref('int_task_changes') }}
),

turns as (
    select
        account,
        session_key,
        turn_key,
        {{ only_value('workflow_id') }} as workflow_id,
        {{ only_value('coalesce(workflow_run_id, ci_run_id, cast(session_key as varchar))') }} as run_id
    from {{ ref('int_session_contexts') }}
    group by account, session_key, turn_key
),

found as (
    select
        evidence.account,
        evidence.session_key,
        evidence.turn_key,
        evidence.method,
        evidence.change_key,
        coalesce(changes.task_key, evidence.task_key) as task_key
    from evidence
    left join changes on evidence.change_key = changes.change_key
),

rated as (
    select
        *,
        {{ link_confidence('method') }} as confidence,
        rank() over (partition by account, session_key, turn_key order by {{ link_confidence('method') }} desc) as place
    from found
),

-- What is left of a session that is linked to one task alone belongs to it; of a session with several, nobody knows.
only_tasks as (
    select account, session_key, min(task_key) as task_key, min(confidence) as confidence
    from rated
    where place = 1 and confidence >= {{ link_threshold() }}
    group by account, session_key
    having min(task_key) = max(task_key)
),

inherited as (
    select
        turns.account, turns.session_key, turns.turn_key, 'same_session' as method, cast(null as varchar) as change_key, only_tasks.task_key,
        least(only_tasks.confidence, {{ link_confidence("'same_session'") }}) as confidence,
        1 as place
    from turns
    inner join only_tasks on turns.account = only_tasks.account and turns.session_key = only_tasks.session_key
    left join (select distinct account, session_key, turn_key from rated) as own
        on turns.account = own.account and turns.session_key = own.session_key and turns.turn_key is not distinct from own.turn_key
    where own.session_key is null
),

in_sessions as (
    select * from rated
    union all
    select account, session_key, turn_key, method, change_key, task_key, confidence, place from inherited
),

-- The same for a run of a workflow that takes several sessions. A run that leads nowhere is a task of its own: its cost was an attempt too.
left_over as (
    select turns.*
    from turns
    left join (
        select distinct account, session_key, turn_key from in_sessions where place = 1 and confidence >= {{ link_threshold() }}
    ) as linked
        on turns.account = linked.account
        and turns.session_key = linked.session_key
        and turns.turn_key is not distinct from linked.turn_key
    where turns.workflow_id is not null and turns.run_id is not null and linked.session_key is null
),

run_tasks as (
    select turns.account, turns.workflow_id, turns.run_id, min(in_sessions.task_key) as task_key
    from turns
    inner join in_sessions
        on turns.account = in_sessions.account
        and turns.session_key = in_sessions.session_key
        and turns.turn_key is not distinct from in_sessions.turn_key
    where turns.workflow_id is not null and in_sessions.place = 1 and in_sessions.confidence >= {{ link_threshold() }}
    group by turns.account, turns.workflow_id, turns.run_id
    having min(in_sessions.task_key) = max(in_sessions.task_key)
),

of_runs as (
    select
        left_over.account,
        left_over.session_key,
        left_over.turn_key,
        case when run_tasks.task_key is null then 'workflow_run' else 'same_run' end as method,
        cast(null as varchar) as change_key,
        coalesce(run_tasks.task_key, 'run:' || left_over.workflow_id || ':' || left_over.run_id) as task_key
    from left_over
    left join run_tasks
        on left_over.account = run_tasks.account
        and left_over.workflow_id = run_tasks.workflow_id
        and left_over.run_id = run_tasks.run_id
),

final as (
    select
        account,
        session_key,
        turn_key,
        task_key,
        method,
        max(change_key) as change_key,
        max(confidence) as confidence,
        min(place) = 1 and max(confidence) >= {{ link_threshold() }} as is_counted
    from (
        select account, session_key, turn_key, method, change_key, task_key, confidence, place from in_sessions
        union all
        select account, session_key, turn_key, method, change_key, task_key, {{ link_confidence('method') }}, 1 from of_runs
    ) as links
    group by account, session_key, turn_key, task_key, method
)

select * from final
