{# DESIGN law 8: the statuses of a (stream, account, day) in the order in which the first that applies counts. The lowest rank is the worst. #}
{% macro status_names() %}
    {{ return(['failed', 'not_available', 'missing', 'partial', 'provisional', 'complete']) }}
{% endmacro %}

{# The worst of a group's statuses; NULL for a group without one. #}
{% macro worst_status(status) -%}
    case min(case {{ status }} {% for name in status_names() %}when '{{ name }}' then {{ loop.index }} {% endfor %}end)
        {% for name in status_names() %}when {{ loop.index }} then '{{ name }}' {% endfor %}
    end
{%- endmacro %}

{#
    The share of a group's dollars that is complete: of consumption, or of billed money where nothing was consumed (the kinds of money are
    not added). NULL where there are no dollars.
#}
{% macro complete_share(status, consumption='consumption_usd', billed='billed_usd') -%}
    case
        when sum({{ consumption }}) <> 0
            then {{ share(
                "sum(case when " ~ status ~ " = 'complete' then " ~ consumption ~ " else 0 end)", 'sum(' ~ consumption ~ ')'
            ) }}
        else {{ share("sum(case when " ~ status ~ " = 'complete' then " ~ billed ~ " else 0 end)", 'sum(' ~ billed ~ ')') }}
    end
{%- endmacro %}

{# What to do about a day that is held as duplicated or in another unit. #}
{% macro held_remedy() -%}
    'Held at the last good answer, or without one: look at it with the vendor. A corrected answer counts by itself (spend run --refetch asks for it); to take the day as it is, name it in inbox company/report_decisions'
{%- endmacro %}
