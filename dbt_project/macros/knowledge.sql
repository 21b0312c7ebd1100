{# The UTC day of knowledge. Without the variable it is the day of the run, so that a bare `dbt build` works. #}
{% macro as_of() -%}
    cast('{{ var("as_of", "") or run_started_at.strftime("%Y-%m-%d") }}' as date)
{%- endmacro %}

{# The first day that the platform asks vendors for. #}
{% macro start_date() -%}
    cast('{{ var("start_date") }}' as date)
{%- endmacro %}

{# The first day whose persons are kept ([retention] person_days): before it no directory of today may lead back to anybody. #}
{% macro persons_from() -%}
    cast('{{ var("persons_from") }}' as date)
{%- endmacro %}

{# A seed is written without quotes around an empty cell; both spellings of nothing are NULL. #}
{% macro empty_is_null(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}
