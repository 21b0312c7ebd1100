{# Columns that a report does not tell: NULL, never 0. #}
{% macro unknown_columns(columns, type='bigint') -%}
    {% for column in columns %}cast(null as {{ type }}) as {{ column }}{{ ',\n        ' if not loop.last }}{% endfor %}
{%- endmacro %}
