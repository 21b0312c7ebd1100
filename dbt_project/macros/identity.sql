{#
    How an identifier of a vendor is tied to an employee, the strongest evidence first; each with how sure it is. Links below the threshold are
    not made, and of links of the same strength that name two employees none counts.
#}
{% macro identity_methods() %}
    {{ return({
        'identity_map': '1.00',
        'roster_login': '0.99',
        'roster_mail': '0.99',
        'mailbox': '0.97',
        'former_domain': '0.93',
        'enterprise_suffix': '0.92',
        'former_mail': '0.91',
    }) }}
{% endmacro %}

{% macro identity_threshold() %}{{ return('0.90') }}{% endmacro %}

{# The place of a method in that order: 1 is the strongest. #}
{% macro identity_rank(method) -%}
    case {{ method }} {% for name in identity_methods() %}when '{{ name }}' then {{ loop.index }} {% endfor %}end
{%- endmacro %}

{% macro identity_confidence(method) -%}
    cast(case {{ method }} {% for name, confidence in identity_methods().items() %}when '{{ name }}' then {{ confidence }} {% endfor %}end as decimal(3, 2))
{%- endmacro %}

{# Former mail domains of the company and what they are today, as the settings declare them: rows of `former` and `present`. #}
{% macro former_mail_domains() %}
    {% set domains = var('former_mail_domains', {}) %}
    {% for former, present in domains.items() %}
    select '{{ former | lower | replace("'", "''") }}' as former, '{{ present | lower | replace("'", "''") }}' as present {{ 'union all' if not loop.last }}
    {% else %}
    select cast(null as varchar) as former, cast(null as varchar) as present where false
    {% endfor %}
{% endmacro %}
