{# What a cell may tell of its persons: each figure must come from k of them, and the moneys must not be one or two persons' (dominance). #}
{% macro told_figures() %}{{ return(['consumption_usd', 'billed_usd', 'effective_usd', 'credits', 'requests', 'tokens']) }}{% endmacro %}
{% macro told_moneys() %}{{ return(['consumption_usd', 'billed_usd', 'effective_usd']) }}{% endmacro %}

{# Not nothing: a contributor of a figure. #}
{% macro contributes(figure) -%} coalesce({{ figure }}, 0) <> 0 {%- endmacro %}

{#
    The rule (security-privacy 14 and 16), the only place where it stands. Judges every cell: `by` names the cell, `contributions` holds rows
    with `contributor` (a person, or `machine:...` for one that people share; NULL is nobody) and the told figures.

    passes: each figure is of no person or of k, and of each money what is left without the two largest is at least 15 % of the largest.
    Machines hide the persons beside them and count like these; a cell of machines alone tells of nobody and passes.
    Returns a select with the columns of `by`, contributors (with any figure that is not zero) and passes. Cells without contributors are
    not in it.
#}
{% macro judged(contributions, by, figures=none, dominated=none) %}
{% set figures = figures or told_figures() %}
{% set dominated = told_moneys() if dominated is none else dominated %}
    select
        {{ by | join(', ') }},
        count(*) as contributors,
        count(case when contributor not like 'machine:%' then 1 end) = 0 or (
        {% for figure in figures %}
        (count(case when {{ contributes(figure) }} then 1 end) = 0 or count(case when {{ contributes(figure) }} then 1 end) >= {{ var('k') }})
        {{ 'and' if not loop.last or dominated }}
        {% endfor %}
        {% for money in dominated %}
        -- Money may be negative, and a credit tells as much as a charge. Where a machine is the largest, nobody is read off.
        (max(case when {{ money }}_place = 1 and contributor like 'machine:%' then 1 else 0 end) = 1 or {{ sum_money('abs(coalesce(' ~ money ~ ', 0))') }}
            - coalesce(max(case when {{ money }}_place = 1 then abs(coalesce({{ money }}, 0)) end), 0)
            - coalesce(max(case when {{ money }}_place = 2 then abs(coalesce({{ money }}, 0)) end), 0)
            >= {{ times("cast('0.15' as decimal(3, 2))", 'coalesce(max(abs(coalesce(' ~ money ~ ', 0))), 0)') }})
        {{ 'and' if not loop.last }}
        {% endfor %}
        ) as passes
    from (
        select
            *
            {% for money in dominated %}
            , row_number() over (
                partition by {{ by | join(', ') }} order by abs(coalesce({{ money }}, 0)) desc, contributor
            ) as {{ money }}_place
            {% endfor %}
        from (
            select
                {{ by | join(', ') }}, contributor
                {% for figure in figures %}, {{ sum_money(figure) }} as {{ figure }}{% endfor %}
            from {{ contributions }}
            where contributor is not null
            group by {{ by | join(', ') }}, contributor
        ) as persons
        where {% for figure in figures %}{{ contributes(figure) }}{{ ' or ' if not loop.last }}{% endfor %}
    ) as ranked
    group by {{ by | join(', ') }}
{% endmacro %}

{#
    Which items of a group cannot stand alone: those that fail the rule, the smallest first, and then as many of the next smallest as it takes
    until the fold holds two items and passes itself - a single folded item would follow by subtraction. After six tries all fold.

    contributions: a CTE; by: the group; item: what is shown or folded; within: parts in each of which an item and the fold must pass;
    next: what folds first after the failing ones; figures, dominated: as for `judged`
    Returns CTEs, the last of which is called `name`: the columns of `by`, item, contributors, is_folded, all_folded (the whole group is in
    the fold) and fold_passes (NULL where nothing folds).
#}
{% macro fold(name, contributions, by, item, within=[], next='contributors', figures=none, dominated=none) %}
{% set group = by | join(', ') %}
{{ name }}_judged as (
    {{ judged(contributions, by + [item] + within, figures, dominated) }}
),

{{ name }}_ranked as (
    select
        *,
        row_number() over (partition by {{ group }} order by passes, {{ next }}, {{ item }}) as place,
        count(case when not passes then 1 end) over (partition by {{ group }}) as failing_items,
        count(*) over (partition by {{ group }}) as all_items
    from (
        select {{ group }}, {{ item }}, max(contributors) as contributors, min(case when passes then 1 else 0 end) = 1 as passes
        from {{ name }}_judged
        group by {{ group }}, {{ item }}
    ) as items
),

{{ name }}_tries as (
    select {{ group }}, all_items, place as last_place
    from {{ name }}_ranked
    where failing_items > 0
        and place >= failing_items
        and ((place >= 2 and place <= greatest(failing_items, 2) + 6) or place = all_items)
),

{{ name }}_pooled as (
    select contributions.*, tries.last_place, tries.all_items
    from {{ contributions }} as contributions
    inner join {{ name }}_ranked as ranked
        on {% for column in by + [item] %}contributions.{{ column }} = ranked.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    inner join {{ name }}_tries as tries
        on {% for column in by %}ranked.{{ column }} = tries.{{ column }} and {% endfor %}ranked.place <= tries.last_place
),

{{ name }}_judged_pools as (
    {{ judged(name ~ '_pooled', by + ['last_place', 'all_items'] + within, figures, dominated) }}
),

-- A pool of one item is the whole group, so that there is nothing to subtract it from.
{{ name }}_folds as (
    select
        {{ group }},
        coalesce(min(case when passes then last_place end), max(all_items)) as last_place,
        max(case when passes then 1 else 0 end) = 1 as passes
    from (
        select {{ group }}, last_place, all_items, min(case when passes then 1 else 0 end) = 1 as passes
        from {{ name }}_judged_pools
        group by {{ group }}, last_place, all_items
    ) as pools
    group by {{ group }}
),

{{ name }} as (
    select
        {% for column in by + [item] %}ranked.{{ column }}, {% endfor %}
        ranked.contributors,
        coalesce(ranked.place <= folds.last_place, false) as is_folded,
        coalesce(folds.last_place = ranked.all_items, false) as all_folded,
        folds.passes as fold_passes
    from {{ name }}_ranked as ranked
    left join {{ name }}_folds as folds
        on {% for column in by %}ranked.{{ column }} = folds.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
)
{% endmacro %}

{#
    Which groups let a sum of a few persons follow from exact totals: cells lie between rows and columns, and of both the sums are known.
    For any set of columns, the rows that reach into it minus the set leave what those rows hold outside it. Every such rest must be of
    nobody or pass the rule; a single cell, a single column and a single row are among them. The rows themselves must pass too.

    contributions: a CTE of what lies in the cells whose rows and columns are told in sums only; by: the group; row, column: the two sides
    Returns CTEs, the last of which is called `<name>_fails`: the groups (columns of `by`) in which a rest does not pass.
    Looks at up to 8 columns; a group of more fails, as it was not looked at.
#}
{% macro cuts(name, contributions, by, row, column) %}
{% set group = by | join(', ') %}
{{ name }}_columns as (
    select
        {{ group }}, {{ column }},
        cast(power(2, row_number() over (partition by {{ group }} order by {{ column }}) - 1) as bigint) as bit,
        count(*) over (partition by {{ group }}) as columns_told
    from (select distinct {{ group }}, {{ column }} from {{ contributions }}) as found
),

{{ name }}_rows as (
    select {% for part in by %}cells.{{ part }}, {% endfor %}cells.{{ row }}, cast(sum(named.bit) as bigint) as reach
    from (select distinct {{ group }}, {{ row }}, {{ column }} from {{ contributions }}) as cells
    inner join {{ name }}_columns as named
        on {% for part in by + [column] %}cells.{{ part }} = named.{{ part }}{{ ' and ' if not loop.last }}{% endfor %}
    group by {% for part in by %}cells.{{ part }}, {% endfor %}cells.{{ row }}
),

-- The numbers 1 to 254, each a set of columns.
{{ name }}_sets as (
    select place as chosen
    from (select cast(row_number() over (order by day) as bigint) as place from {{ ref('int_calendar') }}) as numbered
    where place < 255
),

{{ name }}_rests as (
    select sets.chosen, contributions.*
    from {{ contributions }} as contributions
    inner join {{ name }}_columns as named
        on {% for part in by + [column] %}contributions.{{ part }} = named.{{ part }}{{ ' and ' if not loop.last }}{% endfor %}
    inner join {{ name }}_rows as reaching
        on {% for part in by + [row] %}contributions.{{ part }} = reaching.{{ part }}{{ ' and ' if not loop.last }}{% endfor %}
    inner join {{ name }}_sets as sets
        on sets.chosen < cast(power(2, named.columns_told) as bigint)
        and (sets.chosen & named.bit) = 0
        and (sets.chosen & reaching.reach) <> 0
),

{{ name }}_judged_rests as (
    {{ judged(name ~ '_rests', by + ['chosen']) }}
),

{{ name }}_judged_rows as (
    {{ judged(contributions, by + [row]) }}
),

{{ name }}_fails as (
    select distinct {{ group }} from {{ name }}_judged_rests where not passes
    union
    select distinct {{ group }} from {{ name }}_judged_rows where not passes
    union
    select distinct {{ group }} from {{ name }}_columns where columns_told > 8
)
{% endmacro %}

{# A count that may be shown: a handful of records is a handful of persons. None is not few. #}
{% macro few_is_null(count) -%}
    cast(case when {{ count }} = 0 or {{ count }} >= {{ var('k') }} then {{ count }} end as bigint)
{%- endmacro %}

{# A share for tables without persons, rounded down, so that its rest is no figure of a few; 1 stays 1. #}
{% macro whole_percent(share) -%}
    cast(floor(cast({{ share }} as double) * 100) / 100 as decimal(9, 6))
{%- endmacro %}

{# The publisher's memory of team weeks (its path in the variable told_before), or nothing. #}
{% macro told_before() %}
    {% if var('told_before') %}
    {{ adapter.dispatch('read_memory')(var('told_before')) }}
    {% else %}
    select
        cast(null as date) as told_as_of, cast(null as date) as week,
        {% for name in ['series', 'team', 'vendor', 'contributor', 'published_team', 'published_vendor'] %}
        cast(null as varchar) as {{ name }},
        {% endfor %}
        {% for money in ['consumption_usd', 'billed_usd', 'effective_usd', 'credits'] %}
        cast(null as {{ money_type() }}) as {{ money }}{{ ',' if not loop.last }}
        {% endfor %}
    where false
    {% endif %}
{% endmacro %}
{% macro default__read_memory(path) %} select * from parquet.`{{ path }}` {% endmacro %}
{% macro duckdb__read_memory(path) %} select * from read_parquet('{{ path | replace("'", "''") }}') {% endmacro %}
