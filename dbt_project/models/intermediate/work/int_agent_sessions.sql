{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='sync_all_columns',
        pre_hook="{{ forget_stale_cells(ref('int_session_cells'), by=['account', 'session_key']) }}"
    )
}}

with due as (
    {{ due_sessions() }}
),

turns as (
    {{ of_sessions(ref('int_turns')) }}
),

contexts as (
    {{ of_sessions(ref('int_session_contexts')) }}
),

models as (
    select account, session_key, string_agg(distinct model, ', ' order by model) as models, min(model) <> max(model) as has_several
    from ({{ of_sessions(ref('int_turn_calls')) }}) as of_sessions
    where not is_beside
    group by account, session_key
),

-- Titles and summaries run on a small model of their own beside the work: no switch.
calls as (
    select account, session_key, call_key, sequence, started_at, model
    from ({{ of_sessions(ref('int_model_calls')) }}) as of_sessions
    where coalesce(initiator, '') <> 'auxiliary'
        and coalesce(operation, '') <> 'embeddings'
),

switched as (
    select account, session_key, {{ sum_count('case when earlier_model <> model then 1 else 0 end') }} as model_switches
    from (
        select
            calls.*,
            lag(calls.model) over (
                partition by calls.account, calls.session_key
                order by coalesce(calls.sequence, 0), calls.started_at, calls.call_key
            ) as earlier_model
        from calls
        inner join models on calls.account = models.account and calls.session_key = models.session_key
        where models.has_several
    ) as ordered
    group by account, session_key
),

tools as (
    select
        account,
        session_key,
        count(distinct commit_sha) as commits,
        max(case when test_place = 1 then is_success end) as last_test_passed
    from (
        select
            *,
            case when command_class = 'test' then row_number() over (
                partition by account, session_key, command_class order by coalesce(sequence, 0) desc, started_at desc, tool_key
            ) end as test_place
        from ({{ of_sessions(ref('int_tool_calls')) }}) as of_sessions
    ) as placed
    group by account, session_key
),

-- What one session says in several ways stays open: the turns have it, and links are made there.
said as (
    select
        account,
        session_key,
        min(emitter) as emitter,
        min(case when is_session_guessed then 1 else 0 end) = 1 as is_session_guessed,
        {% for column in [
            'session_id', 'emitter_version', 'service', 'environment', 'entrypoint', 'auth_mode', 'agent_workflow_run_id', 'principal_email',
            'principal_id', 'principal_account_id', 'organization_id', 'team', 'cost_center', 'workflow_id', 'workflow_run_id', 'workflow_name',
            'task_id', 'issue_number', 'run_attempt', 'repository_host', 'repository', 'branch', 'change_id', 'ci_pipeline', 'ci_run_id',
            'ci_run_url'
        ] %}
        {{ only_value(column) }} as {{ column }},
        {% endfor %}
        min(previous_session_id) as previous_session_id,
        string_agg(distinct branch, ', ' order by branch) as branches,
        string_agg(distinct repository, ', ' order by repository) as repositories,
        string_agg(distinct ci_run_id, ', ' order by ci_run_id) as ci_runs,
        min(ci_run_url) as first_ci_run_url
    from contexts
    group by account, session_key
),

totals as (
    select
        account,
        session_key,
        min(first_at) as first_at,
        max(last_at) as last_at,
        min(session_version) as cell_version,
        count(distinct cast(first_at as date)) as days,
        -- Where no call names its prompt, as with Codex, each prompt is a turn; titles and summaries without one are none.
        greatest(
            {{ sum_count('case when turn_key = session_key then prompts when prompts + calls > 0 then 1 else 0 end') }},
            case when sum(calls) > 0 then 1 else 0 end
        ) as turns,
        {% for column in [
            'prompts', 'calls', 'failed_calls', 'retries', 'errors', 'failed_attempts', 'compactions', 'uncached_input_tokens',
            'cache_read_tokens', 'cache_write_tokens', 'output_tokens', 'unpriced_calls', 'tool_calls', 'failed_tool_calls', 'test_runs',
            'failed_test_runs', 'human_approvals', 'human_rejections', 'human_wait_ms'
        ] %}
        {{ sum_count(column) }} as {{ column }},
        {% endfor %}
        {{ sum_money('estimated_usd') }} as estimated_usd,
        {{ sum_money('client_estimated_usd') }} as client_estimated_usd
    from turns
    group by account, session_key
),

final as (
    select
        totals.*,
        said.emitter,
        said.is_session_guessed,
        said.session_id,
        said.previous_session_id,
        said.previous_session_id is not null or totals.days > 1 as is_resumed,
        said.emitter_version,
        said.service,
        said.environment,
        said.entrypoint,
        said.auth_mode,
        said.agent_workflow_run_id,
        said.principal_email,
        said.principal_id,
        said.principal_account_id,
        said.organization_id,
        said.team,
        said.cost_center,
        said.workflow_id,
        said.workflow_run_id,
        said.workflow_name,
        said.task_id,
        said.issue_number,
        said.run_attempt,
        said.repository_host,
        said.repository,
        said.branch,
        said.change_id,
        said.ci_pipeline,
        said.ci_run_id,
        said.ci_run_url,
        said.branches,
        said.repositories,
        said.ci_runs,
        said.first_ci_run_url,
        models.models,
        coalesce(switched.model_switches, 0) as model_switches,
        coalesce(tools.commits, 0) as commits,
        tools.last_test_passed
    from totals
    inner join said on totals.account = said.account and totals.session_key = said.session_key
    left join models on totals.account = models.account and totals.session_key = models.session_key
    left join switched on totals.account = switched.account and totals.session_key = switched.session_key
    left join tools on totals.account = tools.account and totals.session_key = tools.session_key
)

select * from final
