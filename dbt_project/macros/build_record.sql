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

{% macro record_build() %}
    {% if execute and flags.WHICH in ('build', 'run') %}
        insert into ops.build values ('{{ var("build_id") }}', {{ as_of() }})
    {% else %}
        select 1
    {% endif %}
{% endmacro %}
