{# The day of a monthly billing cycle, 0 on the day on which it begins; NULL without a cycle. #}
{% macro cycle_day(day, anchor_day) -%}
    cast(
        case
            when extract(day from {{ day }}) >= {{ anchor_day }} then extract(day from {{ day }}) - {{ anchor_day }}
            else extract(day from {{ day }}) - {{ anchor_day }}
                + extract(day from {{ dbt.dateadd('day', -1, dbt.date_trunc('month', day)) }})
        end as integer
    )
{%- endmacro %}

{#
    What a plain working day brings: the amounts of the days that count over their weights, each day half as heavy as one that is `half_life`
    days younger. Sums are of decimals, so that their order changes nothing. NULL without a day.
#}
{% macro weighted_level(which, half_life) -%}
    cast(sum(case when counts and {{ which }} then cast(tamed * pow(0.5, age / ({{ half_life }})) as decimal(28, 9)) end) as double)
    / nullif(cast(sum(case when counts and {{ which }} then cast(weight * pow(0.5, age / ({{ half_life }})) as decimal(28, 9)) end) as double), 0)
{%- endmacro %}

{# How a row of spend is forecast: fees that come whatever is used, use that a pool covers, and all other use. #}
{% macro forecast_component(prefix='') -%}
    case
        when {{ prefix }}series in ('human_seat', 'platform_fee') then 'seat'
        when {{ prefix }}is_pooled then 'pooled'
        else 'usage'
    end
{%- endmacro %}

{# An estimate to three digits: 12345.6 is 12300. #}
{% macro three_digits(amount) -%}
    case
        when {{ amount }} <= 0 then cast(0 as {{ money_type() }})
        else cast(round(cast({{ amount }} as double), 2 - cast(floor(log10(cast({{ amount }} as double))) as integer)) as {{ money_type() }})
    end
{%- endmacro %}
