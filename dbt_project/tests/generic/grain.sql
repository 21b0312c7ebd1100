{#
    The columns name one row each and are never NULL: the grain that the model's description states.
    Erased people share one word, so what stands under it may be several rows.
#}
{% test grain(model, columns) %}
{% set people = ['principal', 'login', 'employee_id', 'user_id', 'email', 'owner_user_id'] | select('in', columns) | list %}

select {{ columns | join(', ') }}, count(*) as rows_found
from {{ model }}
{% if people %}where not ({% for column in people %}coalesce({{ column }}, '') = '(erased)'{{ ' or ' if not loop.last }}{% endfor %}){% endif %}
group by {{ columns | join(', ') }}
having count(*) > 1 {% for column in columns %} or max(case when {{ column }} is null then 1 else 0 end) = 1{% endfor %}

{% endtest %}
