{#
    Which vendor has which part: the one list to grow when a vendor comes. Each part is a model int_<vendor>_<part> with the columns that
    the yml of its union (int_<part>) describes.
#}
{% macro vendors_with(part) %}
    {{ return({
        'spend_lines': ['github_copilot', 'cursor'],
        'generation_totals': ['github_copilot', 'cursor'],
        'principal_days': ['cursor'],
        'activity': ['github_copilot', 'cursor'],
        'seats': ['github_copilot', 'cursor'],
    }[part]) }}
{% endmacro %}

{# The rows of every vendor's int_<vendor>_<part>; with `named` the vendor's name is put in front, where the model has none. #}
{% macro all_vendors(part, columns, named=false) %}
    {% if not vendors_with(part) %}select cast(null as varchar) as vendor, cast(null as varchar) as account, cast(null as date) as day, cast(null as varchar) as principal, cast(null as varchar) as email where false{% endif %}
    {% for vendor in vendors_with(part) %}
    select
        {% if named %}'{{ vendor }}' as vendor, {% endif %}{{ columns | join(', ') }}
    from {{ ref('int_' ~ vendor ~ '_' ~ part) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
{% endmacro %}
