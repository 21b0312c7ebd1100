{# A mail address without what makes no other mailbox: case, spaces around it, and a tag behind a plus. #}
{% macro mailbox(email) -%}
    regexp_replace(lower(trim({{ email }})), '\+[^@]*@', '@')
{%- endmacro %}
