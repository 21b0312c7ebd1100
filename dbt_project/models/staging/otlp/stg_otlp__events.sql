with records as (
    {{ counting_records('otlp', 'events') }}
),

final as (
    select
        _account as account,
        _day as day,
        event_key,
        session_key,
        turn_key,
        trace_key,
        span_key,
        parent_key,
        context_key,
        emitter,
        kind,
        started_at as occurred_at,
        sequence,
        prompt_key,
        prompt_length,
        attempts,
        status_code,
        error_type
    from records
)

select * from final
