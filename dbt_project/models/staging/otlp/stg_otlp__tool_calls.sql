with records as (
    {{ counting_records('otlp', 'tool_calls') }}
),

final as (
    select
        _account as account,
        _day as day,
        tool_key,
        session_key,
        turn_key,
        trace_key,
        span_key,
        parent_key,
        context_key,
        emitter,
        signal,
        started_at,
        sequence,
        duration_ms,
        tool,
        command_class,
        target_key,
        "commit" as commit_sha,
        succeeded as is_success,
        exit_code,
        error_type
    from records
)

select * from final
