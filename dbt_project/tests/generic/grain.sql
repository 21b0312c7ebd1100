{# The columns name one row each and are never NULL: the grain that the model's description states. #}
{% test grain(model, columns) %}

select {{ columns | join(', ') }}, count(*) as rows_found
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 {% for column in columns %} or max(case when {{ column }} is null then 1 else 0 end) = 1{% endfor %}

{% endtest %}
