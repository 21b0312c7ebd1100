{#
    Takes away every cell of an incremental model that is not exactly as `cells` has it: those whose counting generations changed, those that are
    empty now and those that are gone. A key-wise strategy would leave the last two behind. A model that was no incremental one before is emptied.
#}
{% macro forget_stale_cells(cells, by=['vendor', 'account', 'day']) %}
    {% if not is_incremental() %}
        select 1
    {% elif 'cell_version' not in adapter.get_columns_in_relation(this) | map(attribute='name') | list %}
        delete from {{ this }}
    {% else %}
        delete from {{ this }} as stored
        where not exists (
            select 1 from {{ cells }} as cells
            where {% for column in by %}cells.{{ column }} = stored.{{ column }} and {% endfor %}cells.cell_version = stored.cell_version
        )
    {% endif %}
{% endmacro %}

{# One word for a group of rows, whatever their order: it changes when one of these columns of one of them does. #}
{% macro rows_digest(columns) %}{{ return(adapter.dispatch('rows_digest')(columns)) }}{% endmacro %}
{% macro default__rows_digest(columns) -%}
    md5(string_agg(
        concat_ws('|'{% for column in columns %}, coalesce(cast({{ column }} as varchar), '-'){% endfor %}), '|'
        order by concat_ws('|'{% for column in columns %}, coalesce(cast({{ column }} as varchar), '-'){% endfor %})
    ))
{%- endmacro %}
{% macro duckdb__rows_digest(columns) -%} cast(sum(hash({{ columns | join(', ') }})) as varchar) {%- endmacro %}
