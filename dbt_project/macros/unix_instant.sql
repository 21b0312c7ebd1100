{# Unix seconds as the naive UTC timestamp that the platform keeps instants in. #}
{% macro unix_instant(seconds) -%}
    cast(to_timestamp(cast({{ seconds }} as bigint)) at time zone 'UTC' as timestamp)
{%- endmacro %}
