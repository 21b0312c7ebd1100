{# Whether an environment's name, in lower case, says production: prod, production, live, prod-eu, eu-production; not pre-production. #}
{% macro names_production(name) -%}
    (
        {{ name }} in ('prod', 'production', 'live')
        or {{ name }} like 'prod-%' or {{ name }} like 'production-%' or {{ name }} like '%-prod' or {{ name }} like '%-production'
    ) and {{ name }} not like 'pre-%' and {{ name }} not like 'non-%' and {{ name }} not like '%-pre-%' and {{ name }} not like '%-non-%'
{%- endmacro %}
