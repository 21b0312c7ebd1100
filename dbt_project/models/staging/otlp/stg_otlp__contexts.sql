with records as (
    {{ counting_records('otlp', 'contexts') }}
),

final as (
    select
        _account as account,
        _day as day,
        context_key,
        emitter,
        service,
        emitter_version,
        environment,
        entrypoint,
        auth_mode,
        session_id,
        previous_session_id,
        agent_workflow_run_id,
        principal_email,
        principal_id,
        principal_account_id,
        organization_id,
        team,
        cost_center,
        workflow_id,
        workflow_run_id,
        workflow_name,
        task_id,
        issue_number,
        run_attempt,
        repository_host,
        repository,
        branch,
        "commit" as commit_sha,
        change_id,
        ci_pipeline,
        ci_run_id,
        ci_run_url
    from records
)

select * from final
