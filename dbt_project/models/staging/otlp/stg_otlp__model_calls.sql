with records as (
    {{ counting_records('otlp', 'model_calls') }}
),

final as (
    select
        _account as account,
        _day as day,
        call_key,
        key_kind,
        session_key,
        turn_key,
        trace_key,
        span_key,
        parent_key,
        context_key,
        agent_key,
        emitter,
        signal,
        source,
        started_at,
        sequence,
        duration_ms,
        operation,
        lower(provider) as provider,
        model,
        requested_model,
        input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        cache_write_1h_tokens,
        output_tokens,
        reasoning_tokens,
        tool_tokens,
        client_estimated_usd,
        nano_aiu,
        attempts,
        failed as is_failed,
        error_type,
        lower(initiator) as initiator
    from records
)

select * from final
