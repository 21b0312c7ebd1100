{#
    The raw records that count, per (stream, account, day): those of the newest complete generation known on as_of, else of the newest
    partial one. A day whose counting generation is empty yields no records.
#}
{% macro counting_records(vendor, stream) %}
    select records.*
    from {{ source(vendor, stream) }} as records
    inner join {{ ref('stg_platform__current_generations') }} as counting
        on counting.vendor = '{{ vendor }}'
        and counting.stream = '{{ stream }}'
        and records._account = counting.account
        and records._day = counting.day
        and records._generation = counting.generation
{% endmacro %}
