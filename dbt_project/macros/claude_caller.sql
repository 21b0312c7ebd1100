{# Who called, and with what, in Claude's usage and cost analytics: of an actor exactly one id is there. #}
{% macro claude_caller() -%}
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
        lower({{ empty_is_null('"group".product') }}) as product
{%- endmacro %}
