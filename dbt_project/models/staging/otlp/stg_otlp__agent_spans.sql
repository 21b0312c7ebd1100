with records as (
    {{ counting_records('otlp', 'agent_spans') }}
),

final as (
    select
        _account as account,
        _day as day,
        session_key,
        turn_key,
        trace_key,
        span_key,
        parent_key,
        context_key,
        agent_key,
        emitter,
        signal,
        kind,
        started_at,
        sequence,
        duration_ms,
        model,
        input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        cache_write_1h_tokens,
        output_tokens,
        reasoning_tokens,
        nano_aiu,
        failed as is_failed
    from records
)

select * from final
