{# The one money type (DESIGN law 3). #}
{% macro money_type() -%} decimal(28, 12) {%- endmacro %}

{# A sum of money in the money type; NULL when every addend is NULL, so that unknown stays unknown. #}
{% macro sum_money(expression) -%}
    cast(sum({{ expression }}) as {{ money_type() }})
{%- endmacro %}

{# sum(bigint) is HUGEINT in DuckDB and would become a double in Parquet. #}
{% macro sum_count(expression) -%}
    cast(sum({{ expression }}) as bigint)
{%- endmacro %}

{# A product of two money-typed decimals, exact to 24 digits, quantised once. #}
{% macro times(left, right) -%}
    cast(cast({{ left }} as {{ money_type() }}) * cast({{ right }} as {{ money_type() }}) as {{ money_type() }})
{%- endmacro %}

{# A ratio for people to read: a statistic, outside conservation. Never 1 when a part is missing, NULL when the whole is 0 or unknown. #}
{% macro share(part, whole) -%}
    case
        when {{ part }} = {{ whole }} and {{ whole }} <> 0 then cast(1 as decimal(9, 6))
        when {{ whole }} <> 0
            then cast(least(cast({{ part }} as double) / cast({{ whole }} as double), 0.999999) as decimal(9, 6))
    end
{%- endmacro %}

{# Cents to dollars, exact. #}
{% macro cents_to_usd(cents) -%}
    cast(cast({{ cents }} as {{ money_type() }}) * cast('0.01' as decimal(3, 2)) as {{ money_type() }})
{%- endmacro %}
