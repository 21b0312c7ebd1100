with records as (
    {{ counting_records('anthropic', 'usage_messages') }}
),

-- Only Console organisations have this report; null is the default workspace, and for a key it is use in the Console.
final as (
    select
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        {{ empty_is_null('account_id') }} as user_id,
        {{ empty_is_null('service_account_id') }} as service_account_id,
        {{ empty_is_null('api_key_id') }} as api_key_id,
        coalesce({{ empty_is_null('workspace_id') }}, '(default workspace)') as workspace_id,
        {{ empty_is_null('model') }} as model,
        service_tier,
        uncached_input_tokens,
        cache_read_input_tokens as cache_read_tokens,
        cache_creation.ephemeral_5m_input_tokens as cache_write_5m_tokens,
        cache_creation.ephemeral_1h_input_tokens as cache_write_1h_tokens,
        output_tokens
    from records
)

select * from final
