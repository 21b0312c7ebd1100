{#
    The only way in which money is shared out (DESIGN law 3).

    Splits each pot over its claims in proportion to their weights, in whole units of 1e-12: every claim gets the floor of its share, the
    units left go to the largest remainders, ties by key. The shares of a pot add up to the pot exactly. A negative pot is shared like its
    absolute value. Weights below zero count as zero. A pot without any positive weight comes back as one row whose key is NULL.

    pots:   relation with the columns of `by` and `pot_column`, one row per pot
    claims: relation with the columns of `by`, `key` (unique) and `weight_column`
    by:     list of the columns that tie a claim to its pot
    Returns a select with the columns of `by`, `key` and `share`. pot x weight must stay below 1.7e14 dollars squared.
#}
{% macro allocate(pots, claims, by, key, pot_column, weight_column) %}
    select
        {% for column in by %}pots.{{ column }}, {% endfor %}
        claims.{{ key }},
        {{ from_units(
            'sign(pots.' ~ pot_column ~ ') * (coalesce(claims.floor_units, pots.pot_units)'
            ~ ' + case when claims.remainder_rank <= pots.pot_units - claims.given_units then 1 else 0 end)'
        ) }} as share
    from (
        select *, {{ to_units('abs(' ~ pot_column ~ ')') }} as pot_units from {{ pots }}
    ) as pots
    left join (
        select
            *,
            sum(floor_units) over (partition by {{ by | join(', ') }}) as given_units,
            row_number() over (partition by {{ by | join(', ') }} order by remainder_units desc, {{ key }}) as remainder_rank
        from (
            select
                {% for column in by %}weighted.{{ column }}, {% endfor %}
                weighted.{{ key }},
                {{ whole_division('pot.pot_units * weighted.weight_units', 'weighted.all_units') }} as floor_units,
                (pot.pot_units * weighted.weight_units) % weighted.all_units as remainder_units
            from (
                select *, cast(sum(weight_units) over (partition by {{ by | join(', ') }}) as {{ unit_type() }}) as all_units
                from (
                    select *, {{ to_units(weight_column) }} as weight_units from {{ claims }} where {{ weight_column }} > 0
                ) as positive
            ) as weighted
            inner join (
                select *, {{ to_units('abs(' ~ pot_column ~ ')') }} as pot_units from {{ pots }}
            ) as pot
                on {% for column in by %}weighted.{{ column }} = pot.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
        ) as floors
    ) as claims
        on {% for column in by %}pots.{{ column }} = claims.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where pots.{{ pot_column }} is not null
{% endmacro %}

{# An integer type wide enough for the product of two amounts in units of 1e-12. #}
{% macro unit_type() %}{{ return(adapter.dispatch('unit_type')()) }}{% endmacro %}
{% macro default__unit_type() -%} decimal(38, 0) {%- endmacro %}
{% macro duckdb__unit_type() -%} hugeint {%- endmacro %}

{# Division of integers that stays an integer. #}
{% macro whole_division(dividend, divisor) %}{{ return(adapter.dispatch('whole_division')(dividend, divisor)) }}{% endmacro %}
{% macro default__whole_division(dividend, divisor) -%} (({{ dividend }}) div ({{ divisor }})) {%- endmacro %}
{% macro duckdb__whole_division(dividend, divisor) -%} (({{ dividend }}) // ({{ divisor }})) {%- endmacro %}

{# Money to whole units of 1e-12 through its text: exact, and without a product that overflows. #}
{% macro to_units(amount) -%}
    cast(replace(cast(cast({{ amount }} as {{ money_type() }}) as varchar), '.', '') as {{ unit_type() }})
{%- endmacro %}

{% macro from_units(units) -%}
    cast(cast({{ units }} as decimal(28, 0)) * cast('0.000000000001' as decimal(12, 12)) as {{ money_type() }})
{%- endmacro %}
