{#
    The raw records of every generation known on as_of, also of those that no longer count for their day: for things that move from day to
    day and never go away, such as pull requests, of which the newest state known is the right one.
#}
{% macro known_records(vendor, stream) %}
    select records.*, generations.fetched_at as _fetched_at
    from {{ source(vendor, stream) }} as records
    inner join {{ ref('stg_platform__generations') }} as generations
        on generations.vendor = '{{ vendor }}'
        and generations.stream = '{{ stream }}'
        and records._account = generations.account
        and records._day = generations.day
        and records._generation = generations.generation
{% endmacro %}

{# The newest known state of each thing: one row per account and `key`, by `changed_at` and then by when it was read. #}
{% macro newest_states(vendor, stream, key, changed_at) %}
    select *
    from (
        select
            *,
            row_number() over (
                partition by _account, {{ key }} order by {{ changed_at }} desc, _fetched_at desc, _generation desc, _record desc
            ) as _place
        from ({{ known_records(vendor, stream) }}) as known
    ) as ranked
    where _place = 1
{% endmacro %}

{# The children of each pull request as they were in its newest read, all of them: what a force-push took away is gone. #}
{% macro children_of_newest_read(stream) %}
    select *
    from (
        select
            *,
            rank() over (
                partition by _account, pull_request_id order by pull_request_updated_at desc, _fetched_at desc, _generation desc
            ) as _place
        from ({{ known_records('git_delivery', stream) }}) as known
    ) as ranked
    where _place = 1
{% endmacro %}
