{#
    Two runs of weeks compared: how use, delivery and delivery per dollar changed, each as a ratio (after / before) with its 95 % interval.

    The ratio of two weekly means, on its logarithm (delta method), with Student's t for the weeks of both sides. A week's scatter is measured
    from the weeks; of counts it is at least that of a Poisson count, of dollars at least 5 % a week, as few weeks may agree by chance. Counts are
    taken in steps of k and the interval is widened by what that may hide, so that what is told follows from nothing finer. Shares of changes
    that stayed are compared by their difference (Agresti and Caffo 2000: one success and one failure added on each side).

    weekly: relation with the columns of `by`, side ('before', 'after'), week, effective_usd, list_usd, ended, kept; one row per week, weeks
    without anything too, as many on each side
    Returns a select with the columns of `by`, weeks (on each side), before_usd, after_usd, before_delivered, after_delivered (in steps of k),
    {use, delivered, delivered_per_usd}_ratio, _low, _high, list_ratio, and quality: better, worse, no_difference_shown, NULL without changes.
    Ratios are statistics, to two digits behind the point; NULL where one side is nothing.
#}
{% macro compared(weekly, by) %}
{% set names = by | join(', ') %}
select
    {{ names }},
    weeks,
    before_usd,
    after_usd,
    before_delivered,
    after_delivered,
    cast(round(use_ratio, 2) as decimal(18, 2)) as use_ratio,
    cast(round(use_ratio * exp(-t_value * sqrt(use_variance)), 2) as decimal(18, 2)) as use_ratio_low,
    cast(round(use_ratio * exp(t_value * sqrt(use_variance)), 2) as decimal(18, 2)) as use_ratio_high,
    cast(round(list_ratio, 2) as decimal(18, 2)) as list_ratio,
    cast(round(delivered_ratio, 2) as decimal(18, 2)) as delivered_ratio,
    cast(round(delivered_least * exp(-t_value * sqrt(delivered_variance)), 2) as decimal(18, 2)) as delivered_ratio_low,
    cast(round(delivered_most * exp(t_value * sqrt(delivered_variance)), 2) as decimal(18, 2)) as delivered_ratio_high,
    cast(round(delivered_ratio / use_ratio, 2) as decimal(18, 2)) as delivered_per_usd_ratio,
    cast(round(delivered_least / use_ratio * exp(-t_value * sqrt(delivered_variance + use_variance)), 2) as decimal(18, 2))
        as delivered_per_usd_ratio_low,
    cast(round(delivered_most / use_ratio * exp(t_value * sqrt(delivered_variance + use_variance)), 2) as decimal(18, 2))
        as delivered_per_usd_ratio_high,
    case
        when before_ended = 0 or after_ended = 0 then null
        when stayed_more > 1.96 * stayed_spread then 'better'
        when stayed_more < -1.96 * stayed_spread then 'worse'
        else 'no_difference_shown'
    end as quality
from (
    select
        *,
        case when before_mean > 0 and after_mean > 0 then after_mean / before_mean end as use_ratio,
        greatest(before_scatter / (before_mean * before_mean), 0.0025) / weeks + greatest(after_scatter / (after_mean * after_mean), 0.0025) / weeks as use_variance,
        case when before_list > 0 and after_list > 0 then after_list / before_list end as list_ratio,
        case when before_delivered > 0 and after_delivered > 0 then after_delivered / cast(before_delivered as double) end as delivered_ratio,
        (after_delivered - {{ var('k') }} / 2.0) / (before_delivered + {{ var('k') }} / 2.0) as delivered_least,
        (after_delivered + {{ var('k') }} / 2.0) / (before_delivered - {{ var('k') }} / 2.0) as delivered_most,
        greatest(before_kept_scatter, before_kept_mean) / (weeks * before_kept_mean * before_kept_mean)
        + greatest(after_kept_scatter, after_kept_mean) / (weeks * after_kept_mean * after_kept_mean) as delivered_variance,
        (after_kept + 1) / (after_ended + 2.0) - (before_kept + 1) / (before_ended + 2.0) as stayed_more,
        sqrt(
            {% for side in ['before', 'after'] %}
            ({{ side }}_kept + 1) / ({{ side }}_ended + 2.0) * (1 - ({{ side }}_kept + 1) / ({{ side }}_ended + 2.0)) / ({{ side }}_ended + 2.0){{ ' +' if not loop.last }}
            {% endfor %}
        ) as stayed_spread,
        -- The 97.5 % quantile of Student's t at 2 (weeks - 1) degrees of freedom.
        case weeks when 3 then 2.776 when 4 then 2.447 when 5 then 2.306 when 6 then 2.228 when 7 then 2.179 when 8 then 2.145 end as t_value
    from (
        select
            {{ names }},
            cast(count(*) / 2 as bigint) as weeks
            {% for side in ['before', 'after'] %}
            {% set on_side = "case when side = '" ~ side ~ "' then " %}
            , {{ sum_money(on_side ~ 'effective_usd end') }} as {{ side }}_usd
            , avg({{ on_side }} cast(effective_usd as double) end) as {{ side }}_mean
            , var_samp({{ on_side }} cast(effective_usd as double) end) as {{ side }}_scatter
            , sum({{ on_side }} cast(list_usd as double) end) as {{ side }}_list
            , nullif(avg({{ on_side }} cast(kept as double) end), 0) as {{ side }}_kept_mean
            , var_samp({{ on_side }} cast(kept as double) end) as {{ side }}_kept_scatter
            , {{ sum_count(on_side ~ 'kept else 0 end') }} as {{ side }}_kept
            , {{ sum_count(on_side ~ 'ended else 0 end') }} as {{ side }}_ended
            , cast(round(sum({{ on_side }} kept else 0 end) / cast({{ var('k') }} as double)) * {{ var('k') }} as bigint) as {{ side }}_delivered
            {% endfor %}
        from {{ weekly }}
        group by {{ names }}
    ) as summed
) as measured
{% endmacro %}

{# Fewest changes on each side of a comparison that says anything. #}
{% macro enough_changes() %}{{ return('20') }}{% endmacro %}

{# up, down or no_difference_shown: whether an interval leaves 1 out. #}
{% macro moved(figure) -%}
    case when {{ figure }}_ratio_low > 1 then 'up' when {{ figure }}_ratio_high < 1 then 'down' else 'no_difference_shown' end
{%- endmacro %}

{# The same of use: dollars may move because a pool ran out or a price changed, so use at list must have moved the same way. #}
{% macro use_moved() -%}
    case
        when use_ratio_low > 1 and list_ratio > 1 then 'up'
        when use_ratio_high < 1 and list_ratio < 1 then 'down'
        else 'no_difference_shown'
    end
{%- endmacro %}

{# Dollars to two digits, for tables that stand beside exact sums of the same persons. #}
{% macro two_digits(amount) -%}
    case
        when {{ amount }} <= 0 then cast(0 as {{ money_type() }})
        else cast(round(cast({{ amount }} as double), 1 - cast(floor(log10(cast({{ amount }} as double))) as integer)) as {{ money_type() }})
    end
{%- endmacro %}

{# What `compared` tells beside the columns that it was given. #}
{% macro compared_figures() %}
    {{ return([
        'weeks', 'before_usd', 'after_usd', 'before_delivered', 'after_delivered', 'list_ratio', 'quality',
        'use_ratio', 'use_ratio_low', 'use_ratio_high', 'delivered_ratio', 'delivered_ratio_low', 'delivered_ratio_high',
        'delivered_per_usd_ratio', 'delivered_per_usd_ratio_low', 'delivered_per_usd_ratio_high'
    ]) }}
{% endmacro %}
