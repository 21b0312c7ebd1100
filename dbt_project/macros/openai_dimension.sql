{#
    A dimension of an OpenAI report: its value, `absent` where the vendor names nobody, '(not split)' where the report was not grouped by it.
    The two look alike in the answer; the client writes beside each record what it was grouped by.
#}
{% macro openai_dimension(name, absent) -%}
    case when ',' || group_by || ',' like '%,{{ name }},%' then coalesce({{ name }}, '{{ absent }}') else '(not split)' end
{%- endmacro %}
