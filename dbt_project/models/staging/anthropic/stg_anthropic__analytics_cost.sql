with records as (
    {{ counting_records('anthropic', 'analytics_cost') }}
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
        lower({{ empty_is_null('"group".cost_type') }}) as cost_type,
        lower({{ empty_is_null('"group".token_type') }}) as token_type,

        -- money: cents in the report
        {{ cents_to_usd('cost.list_amount') }} as consumption_usd,
        {{ cents_to_usd('cost.amount') }} as billed_usd,
        upper(cost.currency) as currency
    from records
)

select * from final
