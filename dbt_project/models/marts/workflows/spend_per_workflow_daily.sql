with costs as (
    select
        *,
        {{ workflow_label('workflow_id', "case when cost_method = 'unattributed' then '(unattributed)' else '(no workflow)' end") }} as workflow
    from {{ ref('int_work_costs') }}
    where principal_kind = 'machine'
),

task_costs as (
    select *, {{ workflow_label('workflow_id', "'(no workflow)'") }} as workflow
    from {{ ref('int_task_costs') }}
    where principal_kind = 'machine'
),

tasks as (
    select * from {{ ref('int_work_tasks') }}
),

contexts as (
    select * from {{ ref('int_session_contexts') }}
),

tools as (
    select account, session_key, day, command_class, is_success from {{ ref('int_tool_calls') }} where command_class = 'test'
),

-- The newest row of each workflow says what it is called and what a task takes by hand.
workflows as (
    select *
    from (
        select *, row_number() over (partition by workflow_id order by valid_from desc, company) as place
        from {{ ref('stg_company__workflows') }}
    ) as ranked
    where place = 1
),

spend_status as (
    select day, {{ worst_status('data_status') }} as data_status
    from {{ ref('int_spend_people') }}
    where principal_kind = 'machine'
    group by day
),

-- What telemetry leaves open of a caller that ever worked for a workflow may be that workflow's, on days without telemetry too: so far the true
-- amount may lie above. Of keys that are persons' own it is the rest of them all: what one of them left open would be one person's. What people
-- do on their logins is no part of it.
rests as (
    select
        vendor, account, day,
        case when payer_kind = 'machine' then principal else '(own keys)' end as caller,
        {{ sum_money('effective_usd') }} as rest_usd
    from {{ ref('int_work_costs') }}
    where session_key is null and cost_method = 'unattributed' and payer_kind <> 'login'
    group by vendor, account, day, case when payer_kind = 'machine' then principal else '(own keys)' end
),

drew as (
    select distinct
        workflow, vendor, account,
        case when payer_kind = 'machine' then principal else '(own keys)' end as caller,
        case when principal = '(machines)' then day end as only_on
    from costs
    where session_key is not null and workflow not in ('(no workflow)', '(unattributed)') and payer_kind <> 'login'
),

open_rests as (
    select drew.workflow, rests.day, {{ sum_money('rests.rest_usd') }} as rest_usd
    from drew
    inner join rests
        on drew.vendor = rests.vendor
        and drew.account = rests.account
        and drew.caller = rests.caller
        and rests.day = coalesce(drew.only_on, rests.day)
    group by drew.workflow, rests.day
),

spent as (
    select
        day,
        workflow,
        {{ sum_count('calls') }} as calls,
        {{ sum_money('estimated_usd') }} as estimated_usd,
        {{ sum_money('effective_usd') }} as effective_usd,
        sum(low_usd) as low_usd,
        sum(high_usd) as high_usd,
        {% for method in ['direct', 'derived', 'allocated', 'unattributed'] %}
        {{ sum_money("case when cost_method = '" ~ method ~ "' then effective_usd end") }} as {{ method }}_usd,
        {% endfor %}
        {{ sum_count("case when cost_method = 'none' then calls else 0 end") }} as calls_without_cost
    from costs
    group by day, workflow
),

-- What no workflow is known for falls on all that is known, so that nothing is left out of the full cost.
loose as (
    select day, {{ sum_money('effective_usd') }} as pot_usd
    from spent
    where workflow in ('(unattributed)', '(no workflow)')
    group by day
),

claims as (
    select day, workflow, effective_usd from spent where workflow not in ('(unattributed)', '(no workflow)') and effective_usd > 0
),

loaded as (
    {{ allocate('loose', 'claims', ['day'], 'workflow', 'pot_usd', 'effective_usd') }}
),

seen as (
    select distinct costs.day, costs.workflow, costs.telemetry_account, costs.session_key, costs.context_key
    from costs
    where costs.session_key is not null
),

ran as (
    select
        seen.day,
        seen.workflow,
        count(distinct seen.session_key) as sessions,
        count(distinct coalesce(contexts.workflow_run_id, contexts.ci_run_id, cast(seen.session_key as varchar))) as runs,
        count(distinct coalesce(contexts.workflow_run_id, contexts.ci_run_id, cast(seen.session_key as varchar))
            || '|' || coalesce(cast(contexts.run_attempt as varchar), '1')) as attempts
    from seen
    left join (
        select account, session_key, context_key, min(workflow_run_id) as workflow_run_id, min(ci_run_id) as ci_run_id, min(run_attempt) as run_attempt
        from contexts
        group by account, session_key, context_key
    ) as contexts
        on seen.telemetry_account = contexts.account
        and seen.session_key = contexts.session_key
        and seen.context_key = contexts.context_key
    group by seen.day, seen.workflow
),

tested as (
    select
        tools.day,
        sessions.workflow,
        {{ sum_count('1') }} as test_runs,
        {{ sum_count('case when tools.is_success then 1 else 0 end') }} as test_runs_passed
    from tools
    inner join (select telemetry_account, session_key, min(workflow) as workflow from seen group by telemetry_account, session_key) as sessions
        on tools.account = sessions.telemetry_account and tools.session_key = sessions.session_key
    group by tools.day, sessions.workflow
),

-- A task counts in every workflow that worked on it, with what that one spent.
efforts as (
    select
        task_costs.workflow,
        task_costs.task_key,
        min(task_costs.day) as first_day,
        max(task_costs.day) as last_day,
        {{ sum_money('task_costs.effective_usd') }} as effective_usd,
        sum(task_costs.low_usd) as low_usd,
        sum(task_costs.high_usd) as high_usd
    from task_costs
    group by task_costs.workflow, task_costs.task_key
),

-- A task ends when version control says so, and not before the work on it does.
outcomes as (
    select
        efforts.*,
        tasks.outcome,
        cast(tasks.ended_at as date) as ended_on,
        tasks.changes,
        tasks.changes_merged,
        tasks.ci_runs,
        tasks.ci_runs_passed,
        tasks.human_reviews,
        tasks.human_rewrites,
        tasks.incidents,
        cast(tasks.first_change_at as date) as first_change_on
    from efforts
    inner join tasks on efforts.task_key = tasks.task_key
),

started as (
    select
        first_day as day,
        workflow,
        {{ sum_count('1') }} as tasks_started,
        {{ sum_count("case when outcome = 'unknown' then 1 else 0 end") }} as tasks_of_unknown_outcome
    from outcomes
    group by first_day, workflow
),

proposed as (
    select first_change_on as day, workflow, {{ sum_count('changes') }} as pull_requests
    from outcomes
    where first_change_on is not null
    group by first_change_on, workflow
),

ended as (
    select
        ended_on as day,
        workflow,
        {{ sum_count("case when outcome = 'completed' then 1 else 0 end") }} as tasks_completed,
        {{ sum_count("case when outcome = 'reverted' then 1 else 0 end") }} as tasks_reverted,
        {{ sum_count("case when outcome in ('abandoned', 'no_artefact') then 1 else 0 end") }} as tasks_ended_without_completion,
        {% for count in ['changes_merged', 'ci_runs', 'ci_runs_passed', 'human_reviews', 'human_rewrites', 'incidents'] %}
        {{ sum_count(count) }} as {{ count }},
        {% endfor %}
        {{ sum_count("case when outcome = 'completed' and human_rewrites = 0 then 1 else 0 end") }} as tasks_completed_as_made,
        {{ sum_money("case when outcome = 'completed' then effective_usd end") }} as completed_cohort_cost_usd,
        {{ sum_money("case when outcome <> 'completed' then effective_usd end") }} as failed_cohort_cost_usd,
        {{ sum_money('effective_usd') }} as cohort_cost_usd,
        sum(low_usd) as cohort_low_usd,
        sum(high_usd) as cohort_high_usd
    from outcomes
    where ended_on is not null
    group by ended_on, workflow
),

cells as (
    select day, workflow from spent
    union
    select day, workflow from open_rests
    union
    select day, workflow from started
    union
    select day, workflow from proposed
    union
    select day, workflow from ended
),

unlinked as (
    select day, workflow, {{ sum_money('effective_usd') }} as linked_usd from task_costs group by day, workflow
),

final as (
    select
        cells.day,
        cells.workflow as workflow_id,
        coalesce(workflows.name, cells.workflow) as workflow,
        coalesce(workflows.service, '(none)') as service,
        coalesce(workflows.task_class, '(none)') as task_class,
        coalesce(ran.runs, 0) as runs,
        coalesce(ran.attempts, 0) as attempts,
        coalesce(ran.sessions, 0) as sessions,
        coalesce(spent.calls, 0) as calls,
        coalesce(tested.test_runs, 0) as test_runs,
        coalesce(tested.test_runs_passed, 0) as test_runs_passed,
        coalesce(started.tasks_started, 0) as tasks_started,
        coalesce(started.tasks_of_unknown_outcome, 0) as tasks_of_unknown_outcome,
        coalesce(ended.tasks_completed, 0) as tasks_completed,
        coalesce(ended.tasks_reverted, 0) as tasks_reverted,
        coalesce(ended.tasks_ended_without_completion, 0) as tasks_ended_without_completion,
        coalesce(proposed.pull_requests, 0) as pull_requests,
        coalesce(ended.changes_merged, 0) as pull_requests_merged,
        coalesce(ended.ci_runs, 0) as ci_runs,
        coalesce(ended.ci_runs_passed, 0) as ci_runs_passed,
        coalesce(ended.human_reviews, 0) as human_reviews,
        coalesce(ended.human_rewrites, 0) as human_rewrites,
        coalesce(ended.incidents, 0) as incidents,
        spent.estimated_usd,
        spent.effective_usd,
        cast(coalesce(spent.low_usd, 0) as decimal(28, 6)) as effective_low_usd,
        cast(coalesce(spent.high_usd, 0) + coalesce(open_rests.rest_usd, 0) as decimal(28, 6)) as effective_high_usd,
        case
            when cells.workflow in ('(unattributed)', '(no workflow)')
                then case when loose_left.day is not null then spent.effective_usd when spent.day is not null then cast(0 as {{ money_type() }}) end
            else cast(spent.effective_usd + coalesce(loaded.share, 0) as {{ money_type() }})
        end as fully_loaded_usd,
        ended.completed_cohort_cost_usd,
        ended.failed_cohort_cost_usd,
        case when ended.tasks_completed > 0
            then cast(round(cast(ended.cohort_cost_usd as double) / ended.tasks_completed, 6) as decimal(28, 6))
        end as cost_per_completed_task_usd,
        case when started.tasks_started > 0
            then cast(round(cast(spent.effective_usd as double) / started.tasks_started, 6) as decimal(28, 6))
        end as cost_per_started_task_usd,
        cast(coalesce(spent.effective_usd, 0) - coalesce(unlinked.linked_usd, 0) as {{ money_type() }}) as unlinked_usd,
        {{ share('coalesce(spent.direct_usd, 0)', 'spent.effective_usd') }} as share_direct,
        {{ share('coalesce(spent.derived_usd, 0)', 'spent.effective_usd') }} as share_derived,
        {{ share('coalesce(spent.allocated_usd, 0)', 'spent.effective_usd') }} as share_allocated,
        {{ share('coalesce(spent.unattributed_usd, 0)', 'spent.effective_usd') }} as share_unattributed,
        coalesce(spent.calls_without_cost, 0) as calls_without_cost,
        cast(workflows.baseline_manual_minutes * ended.tasks_completed_as_made as decimal(28, 6)) as saved_minutes,
        cells.day > {{ as_of() }} - interval {{ survival_days() }} day as is_provisional,
        coalesce(spend_status.data_status, 'missing') as data_status
    from cells
    left join workflows on cells.workflow = workflows.workflow_id
    left join open_rests on cells.day = open_rests.day and cells.workflow = open_rests.workflow
    left join loaded on cells.day = loaded.day and cells.workflow = loaded.workflow
    left join loaded as loose_left on cells.day = loose_left.day and loose_left.workflow is null
    {% for part in ['spent', 'ran', 'tested', 'started', 'proposed', 'ended', 'unlinked'] %}
    left join {{ part }} on cells.day = {{ part }}.day and cells.workflow = {{ part }}.workflow
    {% endfor %}
    left join spend_status on cells.day = spend_status.day
)

select * from final
