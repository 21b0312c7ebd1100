with records as (
    {{ counting_records('openai', 'codex_usage') }}
),

-- The vendor documents the measures and not the keys of the JSON: what is not found under a likely key stays NULL.
final as (
    select
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        coalesce("user".id, user_id) as user_id,
        nullif(lower(trim(coalesce("user".email, user_email, email))), '') as email,
        credits,
        threads,
        turns,
        text_input_tokens as uncached_input_tokens,
        cached_input_tokens as cache_read_tokens,
        output_tokens
    from records
)

select * from final
