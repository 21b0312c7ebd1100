{# What alerts did, event by event (its path in the variable alert_events), or nothing. #}
{% macro alert_events() %}
    {% if var('alert_events') %}
    {{ adapter.dispatch('read_memory')(var('alert_events')) }}
    {% else %}
    select
        cast(null as bigint) as event_number, cast(null as date) as event_day, cast(null as bigint) as incident,
        cast(null as date) as first_day, cast(null as date) as last_day,
        {% for name in [
            'event', 'channel', 'delivery_id', 'detail', 'source', 'severity', 'level', 'entity', 'vendor', 'kind', 'person_key', 'owner_team', 'unit'
        ] %}
        cast(null as varchar) as {{ name }},
        {% endfor %}
        {% for amount in ['actual', 'expected', 'upper', 'excess_usd'] %}
        cast(null as {{ money_type() }}) as {{ amount }}{{ ',' if not loop.last }}
        {% endfor %}
    where false
    {% endif %}
{% endmacro %}
