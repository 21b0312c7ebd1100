{#
    ops.build holds which build the warehouse shows: the publisher compares it with the stored verdict and publishes nothing else.
    The row is taken away before the first model changes and written after the last, so a killed run leaves none.
#}
{% macro forget_build() %}
    {% if execute and flags.WHICH in ('build', 'run', 'seed') %}
        {% do run_query('create schema if not exists ops') %}
        {% do run_query('create or replace table ops.build (build_id varchar, as_of date)') %}
    {% endif %}
    select 1
{% endmacro %}

{# A run of a part of the models leaves tables of two builds side by side: only one that made every model is a build. #}
{% macro record_build(results) %}
    {% if execute and flags.WHICH in ('build', 'run') %}
        {% set made = [] %}
        {% for result in results if result.node.resource_type == 'model' and result.status == 'success' %}
            {% do made.append(result.node.unique_id) %}
        {% endfor %}
        {% set models = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | list %}
        {% if made | length == models | length %}
            {% do run_query("insert into ops.build values ('" ~ var('build_id') ~ "', " ~ as_of() ~ ")") %}
        {% endif %}
    {% endif %}
    select 1
{% endmacro %}
