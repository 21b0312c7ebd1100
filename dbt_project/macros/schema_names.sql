{# Schemas are named as written (marts, ops, ...), not <target>_<name>: BI tools and the publisher address them. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
