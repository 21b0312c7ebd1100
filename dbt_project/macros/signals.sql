{# A Parquet file as a relation. #}
{% macro parquet(path) -%}
    read_parquet('{{ path | replace("'", "''") }}')
{%- endmacro %}

{#
    The median over a window, NULL over nothing. DuckDB takes it of a list of the frame's values in half the time that it takes for median() over a
    frame of days, and with the same result.
#}
{% macro median_over(value, frame) %}{{ return(adapter.dispatch('median_over')(value, frame)) }}{% endmacro %}
{% macro default__median_over(value, frame) -%} median({{ value }}) over {{ frame }} {%- endmacro %}
{% macro duckdb__median_over(value, frame) -%} list_median(list({{ value }}) over {{ frame }}) {%- endmacro %}
