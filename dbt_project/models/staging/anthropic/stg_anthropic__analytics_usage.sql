with records as (
    {{ counting_records('anthropic', 'analytics_usage') }}
),

final as (
    select
        -- ids: who, then with what; of an actor exactly one id is there
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        {{ empty_is_null('"group".actor.user_id') }} as user_id,
        lower({{ empty_is_null('"group".actor.email_address') }}) as email,
        {{ empty_is_null('"group".actor.service_account_id') }} as service_account_id,
        case
            when "group".actor.type = 'federated_actor'
                then coalesce("group".actor.provider, 'federated') || ':' || coalesce("group".actor.subject, '(unknown)')
        end as federated_id,
        {{ empty_is_null('"group".actor.api_key_id') }} as actor_key_id,
        {{ empty_is_null('"group".api_key_id') }} as api_key_id,
        {{ empty_is_null('"group".workspace_id') }} as workspace_id,
        {{ empty_is_null('"group".model') }} as model,
        lower({{ empty_is_null('"group".product') }}) as product,

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
