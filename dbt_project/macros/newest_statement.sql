{#
    The records of the newest file of each account, for streams whose every file states all: what it no longer says is no longer so.
    Of streams that accumulate, landing writes the whole book anew with every file, so that this is the book.
#}
{% macro newest_statement(vendor, stream) %}
    select *
    from (
        select counting_records.*, max(_day) over (partition by _account) as newest_day
        from ({{ counting_records(vendor, stream) }}) as counting_records
    ) as dated
    where _day = newest_day
{% endmacro %}

{# An empty cell that stands for all of its kind, as a word that can be seen and joined. #}
{% macro or_all(column) -%}
    coalesce({{ empty_is_null(column) }}, '(all)')
{%- endmacro %}

{# The first day that is no longer valid; a period without an end never ends. #}
{% macro or_open_end(column) -%}
    coalesce({{ column }}, cast('9999-12-31' as date))
{%- endmacro %}
