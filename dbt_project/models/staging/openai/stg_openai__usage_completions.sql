with records as (
    {{ counting_records('openai', 'usage_completions') }}
),

-- input_tokens is everything; the classes are disjoint and, as far as they are told, add up to it. What older answers do not tell apart
-- (cache writes) stays in the uncached class, and their own class is NULL, not 0.
final as (
    select
        -- ids
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        group_by,
        {{ openai_dimension('project_id', '(none)') }} as project,
        {{ openai_dimension('model', '(none)') }} as model,
        user_id,
        api_key_id,
        api_source,
        batch,
        service_tier,

        -- counts
        num_model_requests as requests,
        input_tokens,
        coalesce(
            input_uncached_tokens, input_tokens - coalesce(input_cached_tokens, 0) - coalesce(input_cache_write_tokens, 0)
        ) as uncached_input_tokens,
        input_cached_tokens as cache_read_tokens,
        input_cache_write_tokens as cache_write_tokens,
        input_cache_write_12h_tokens as cache_write_1h_tokens,
        output_tokens
    from records
)

select * from final
