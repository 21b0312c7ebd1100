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

told as (
    {{ of_sessions(ref('int_agent_activity')) }}
),

activity as (
    select
        account,
        session_key,
        turn_key,
        context_key,
        min(emitter) as emitter,
        min(session_version) as cell_version,
        min(first_at) as first_at,
        max(last_at) as last_at,
        min(case when is_session_guessed then 1 else 0 end) = 1 as is_session_guessed
    from told
    group by account, session_key, turn_key, context_key
),

-- A context says the same on every day that it is seen.
contexts as (
    select *
    from (
        select *, row_number() over (partition by account, context_key order by day) as place
        from {{ ref('stg_otlp__contexts') }}
    ) as ranked
    where place = 1
),

final as (
    select
        activity.account,
        activity.cell_version,
        activity.session_key,
        activity.turn_key,
        activity.context_key,
        activity.emitter,
        activity.is_session_guessed,
        activity.first_at,
        activity.last_at,
        contexts.service,
        contexts.emitter_version,
        contexts.environment,
        contexts.entrypoint,
        contexts.auth_mode,
        contexts.session_id,
        contexts.previous_session_id,
        contexts.agent_workflow_run_id,
        contexts.principal_email,
        contexts.principal_id,
        contexts.principal_account_id,
        contexts.organization_id,
        contexts.team,
        contexts.cost_center,
        contexts.workflow_id,
        contexts.workflow_run_id,
        contexts.workflow_name,
        contexts.task_id,
        contexts.issue_number,
        contexts.run_attempt,
        contexts.repository_host,
        contexts.repository,
        contexts.branch,
        contexts.commit_sha,
        contexts.change_id,
        contexts.ci_pipeline,
        contexts.ci_run_id,
        contexts.ci_run_url
    from activity
    inner join contexts
        on activity.account = contexts.account and activity.context_key = contexts.context_key
)

select * from final
