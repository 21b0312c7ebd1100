with records as (
    {{ counting_records('anthropic', 'analytics_usage') }}
),

final as (
    select
        -- ids
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        {{ claude_caller() }},

        -- disjoint classes of tokens
        usage.uncached_input_tokens,
        usage.cache_read_input_tokens as cache_read_tokens,
        usage.cache_creation.ephemeral_5m_input_tokens as cache_write_5m_tokens,
        usage.cache_creation.ephemeral_1h_input_tokens as cache_write_1h_tokens,
        usage.output_tokens,
        usage.total_tokens,
        usage.requests
    from records
)

select * from final
