{# Decimal places of a currency's minor unit (ISO 4217). #}
{% macro minor_digits(currency) -%}
    case
        when {{ currency }} in ('JPY', 'KRW', 'VND', 'CLP', 'ISK', 'XAF', 'XOF', 'UGX', 'PYG') then 0
        when {{ currency }} in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
        else 2
    end
{%- endmacro %}

{# One minor unit of a currency, in that currency. #}
{% macro minor_unit(currency) -%}
    case {{ minor_digits(currency) }}
        when 0 then cast('1' as {{ money_type() }})
        when 3 then cast('0.001' as {{ money_type() }})
        else cast('0.01' as {{ money_type() }})
    end
{%- endmacro %}

{#
    money x whole number / whole number, in units of 1e-12, rounded down towards zero once: exact integers in between, never a double.
    NULL where the divisor is 0.
#}
{% macro fraction_of(amount, numerator, denominator) -%}
    {{ from_units(
        'sign(' ~ amount ~ ') * ' ~ whole_division(
            to_units('abs(' ~ amount ~ ')') ~ ' * cast(' ~ numerator ~ ' as ' ~ unit_type() ~ ')',
            'nullif(cast(' ~ denominator ~ ' as ' ~ unit_type() ~ '), 0)'
        )
    ) }}
{%- endmacro %}

{#
    Money in whole millionths, as one side of a fraction: with the other side in units of 1e-12, products of amounts up to 1e10 dollars each
    still fit, which two amounts in units of 1e-12 do only up to 1.3e7.
#}
{% macro micro_units(amount) -%}
    cast(cast({{ amount }} as {{ money_type() }}) * 1000000 as {{ unit_type() }})
{%- endmacro %}

{# Somebody's part of an amount, in whole millionths of the same use: nothing where there is no use, unknown where the amount is. #}
{% macro part_of(amount, own, all) -%}
    case when {{ own }} is null or coalesce({{ all }}, 0) = 0 then {{ amount }} * 0 else {{ fraction_of(amount, own, all) }} end
{%- endmacro %}

{# A share in percent of an amount, exact to 24 digits, quantised once. #}
{% macro percent_of(amount, percent) -%}
    {{ times(amount, "cast(" ~ percent ~ " as " ~ money_type() ~ ") * cast('0.01' as decimal(3, 2))") }}
{%- endmacro %}

{#
    What an amount in USD is worth once it was written in a currency's minor units, half even: in USD again. `rate`: USD for one of the
    currency. In whole numbers throughout, as a division of decimals would be a double.
#}
{% macro as_written(usd, rate, currency) -%}
    cast(
        sign({{ usd }}) * {{ times(
            "cast(" ~ half_even_units(usd, rate, currency) ~ " as decimal(28, 0)) * " ~ minor_unit(currency), rate
        ) }} as {{ money_type() }}
    )
{%- endmacro %}

{% macro half_even_units(usd, rate, currency) -%}
    {%- set dividend = '(' ~ to_units('abs(' ~ usd ~ ')') ~ ' * case ' ~ minor_digits(currency) ~ ' when 0 then 1 when 3 then 1000 else 100 end)' -%}
    {%- set divisor = 'nullif(' ~ to_units(rate) ~ ', 0)' -%}
    ({{ whole_division(dividend, divisor) }} + case
        when 2 * ({{ dividend }} % {{ divisor }}) > {{ divisor }} then 1
        when 2 * ({{ dividend }} % {{ divisor }}) = {{ divisor }} and {{ whole_division(dividend, divisor) }} % 2 = 1 then 1
        else 0
    end)
{%- endmacro %}

{# Whether an agreed item is for a bill: of its vendor and account, and valid on the first day of the billed period. #}
{% macro term_of_bill(contracts, bills) -%}
    {{ contracts }}.company = {{ bills }}.company
    and {{ contracts }}.vendor = {{ bills }}.vendor
    and ({{ contracts }}.account = '(all)' or {{ bills }}.account = '(all)' or {{ contracts }}.account = {{ bills }}.account)
    and {{ contracts }}.valid_from <= cast({{ bills }}.period_start as date)
    and {{ contracts }}.valid_to > cast({{ bills }}.period_start as date)
{%- endmacro %}

{# The instant in `month` at which a cycle of a month begins that once began at `anchor`; the month's first where there is none. #}
{% macro cycle_start(month, anchor) -%}
    case
        when {{ anchor }} is null then cast({{ month }} as timestamp)
        -- A cycle of the 31st begins on the last day of a shorter month.
        else least(
            cast({{ month }} as timestamp)
            + (cast({{ anchor }} as timestamp) - cast({{ dbt.date_trunc('month', anchor) }} as timestamp)),
            cast({{ dbt.dateadd('month', 1, month) }} as timestamp)
            - interval '1' day
            + (cast({{ anchor }} as timestamp) - cast({{ dbt.date_trunc('day', anchor) }} as timestamp))
        )
    end
{%- endmacro %}
