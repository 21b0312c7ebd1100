{# A Parquet file as a relation. #}
{% macro parquet(path) -%}
    read_parquet('{{ path | replace("'", "''") }}')
{%- endmacro %}
