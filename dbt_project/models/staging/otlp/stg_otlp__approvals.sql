with records as (
    {{ counting_records('otlp', 'approvals') }}
),

final as (
    select
        _account as account,
        _day as day,
        approval_key,
        tool_key,
        session_key,
        turn_key,
        trace_key,
        span_key,
        parent_key,
        context_key,
        emitter,
        signal,
        started_at as decided_at,
        sequence,
        duration_ms as wait_ms,
        tool,
        lower(decision) as decision,
        lower(decision_source) as decision_source
    from records
)

select * from final
