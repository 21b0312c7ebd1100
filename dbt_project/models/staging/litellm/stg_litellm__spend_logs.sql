with records as (
    {{ counting_records('litellm', 'spend_logs') }}
),

final as (
    select
        -- ids
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        request_id,
        {{ empty_is_null('call_type') }} as call_type,
        coalesce({{ empty_is_null('model') }}, '(not split)') as model,
        {{ empty_is_null('custom_llm_provider') }} as provider,
        coalesce({{ empty_is_null('team_id') }}, '(none)') as team_id,
        coalesce({{ empty_is_null('organization_id') }}, '(none)') as organization,
        {{ empty_is_null('"user"') }} as user_id,
        {{ empty_is_null('api_key') }} as api_key_hash,
        {{ empty_is_null('status') }} as status,
        startTime as started_at,
        endTime as ended_at,

        -- money: from LiteLLM's price map, an estimate
        cast(spend as {{ money_type() }}) as estimated_usd,

        -- tokens
        prompt_tokens as uncached_input_tokens,
        completion_tokens as output_tokens
    from records
)

select * from final
