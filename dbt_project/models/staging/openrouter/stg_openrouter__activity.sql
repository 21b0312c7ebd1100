with records as (
    {{ counting_records('openrouter', 'activity') }}
),

final as (
    select
        -- ids
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        coalesce({{ empty_is_null('model_permaslug') }}, model) as model,
        {{ empty_is_null('endpoint_id') }} as endpoint_id,
        coalesce({{ empty_is_null('provider_name') }}, '(not split)') as provider,
        {{ empty_is_null('workspace_id') }} as project,
        {{ empty_is_null('user_id') }} as user_id,
        {{ empty_is_null('api_key_hash') }} as api_key_hash,

        -- money: prepaid credits spent; beside it what the company's own keys were charged by their vendor, which is that vendor's bill
        cast(usage as {{ money_type() }}) as usage_usd,
        cast(byok_usage_inference as {{ money_type() }}) as own_key_usd,

        -- counts
        requests,
        prompt_tokens as uncached_input_tokens,
        completion_tokens as output_tokens,
        reasoning_tokens
    from records
)

select * from final
