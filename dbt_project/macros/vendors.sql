{#
    Which vendor has which part: the one list to grow when a vendor comes. Each part is a model int_<vendor>_<part> with the columns that
    the yml of its union (int_<part>) describes.
#}
{% macro vendors_with(part) %}
    {{ return({
        'spend_lines': ['github_copilot', 'anthropic', 'cursor', 'openai', 'file_vendors'],
        'generation_totals': ['github_copilot', 'anthropic', 'cursor', 'openai', 'openrouter', 'litellm', 'custom_agents'],
        'cell_parts': ['openai'],
        'principal_days': ['anthropic', 'cursor', 'openai', 'file_vendors'],
        'activity': ['github_copilot', 'anthropic', 'cursor', 'openai'],
        'seats': ['github_copilot', 'anthropic', 'cursor'],
    }[part]) }}
{% endmacro %}

{# The rows of every vendor's int_<vendor>_<part>; with `named` the vendor's name is put in front, where the model has none. #}
{% macro all_vendors(part, columns, named=false) %}
    {% for vendor in vendors_with(part) %}
    select
        {% if named %}'{{ vendor }}' as vendor, {% endif %}{{ columns | join(', ') }}
    from {{ ref('int_' ~ vendor ~ '_' ~ part) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
{% endmacro %}
