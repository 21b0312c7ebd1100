{% set names = {'team': '(other teams)', 'segment': '(other segments)', 'organisation': '(all)'} %}
{% set judged_outcomes = ['effective_usd', 'ended', 'kept'] %}
{% set most_weeks = 8 %}
{% set least_weeks = 3 %}

with outcome_weeks as (
    select *, nullif(contributor, '(nobody)') as person
    from {{ ref('int_outcome_weeks') }}
    where scope_kind in ('organisation', 'team', 'segment')
),

-- The newest weeks, and as many before them.
all_weeks as (
    select week, row_number() over (order by week desc) as place, count(*) over () as weeks_known
    from (select distinct week from outcome_weeks) as weeks
),

counted_weeks as (
    select week, place, cast(least(floor(weeks_known / 2.0), {{ most_weeks }}) as bigint) as weeks_on_a_side from all_weeks
),

sides as (
    select week, case when place <= weeks_on_a_side then 'after' else 'before' end as side
    from counted_weeks
    where place <= 2 * weeks_on_a_side and weeks_on_a_side >= {{ least_weeks }}
),

windows as (
    select
        min(week) as window_from,
        min(case when side = 'after' then week end) as split_on,
        cast({{ dbt.dateadd('day', 7, 'max(week)') }} as date) as window_to
    from sides
),

contributions as (
    select
        outcome_weeks.scope_kind, outcome_weeks.scope, sides.side, outcome_weeks.person as contributor, outcome_weeks.effective_usd,
        outcome_weeks.ended, outcome_weeks.kept
    from outcome_weeks
    inner join sides on outcome_weeks.week = sides.week
    where outcome_weeks.person is not null
),

{{ fold('told', 'contributions', ['scope_kind'], 'scope', within=['side'], figures=judged_outcomes, dominated=judged_outcomes) }},

scopes as (
    select
        known.scope_kind,
        known.scope,
        case
            when coalesce(told.is_folded, false) then case known.scope_kind {% for kind, name in names.items() %}when '{{ kind }}' then '{{ name }}' {% endfor %}end
            else known.scope
        end as published_scope,
        coalesce(told.is_folded and not told.fold_passes, false) as is_withheld
    from (select distinct scope_kind, scope from outcome_weeks) as known
    left join told on known.scope_kind = told.scope_kind and known.scope = told.scope
),

published as (
    select
        scopes.scope_kind, scopes.published_scope, outcome_weeks.week, outcome_weeks.person,
        outcome_weeks.effective_usd, outcome_weeks.list_usd, outcome_weeks.ended, outcome_weeks.kept
    from outcome_weeks
    inner join scopes on outcome_weeks.scope_kind = scopes.scope_kind and outcome_weeks.scope = scopes.scope
),

told_scopes as (
    select scope_kind, published_scope, max(case when is_withheld then 1 else 0 end) = 1 as is_withheld
    from scopes
    group by scope_kind, published_scope
),

weekly as (
    select
        told_scopes.scope_kind,
        told_scopes.published_scope,
        sides.side,
        sides.week,
        coalesce(sum(published.effective_usd), 0) as effective_usd,
        coalesce(sum(published.list_usd), 0) as list_usd,
        coalesce(sum(published.ended), 0) as ended,
        coalesce(sum(published.kept), 0) as kept
    from told_scopes
    cross join sides
    left join published
        on told_scopes.scope_kind = published.scope_kind
        and told_scopes.published_scope = published.published_scope
        and sides.week = published.week
    group by told_scopes.scope_kind, told_scopes.published_scope, sides.side, sides.week
),

compared as (
    {{ compared('weekly', ['scope_kind', 'published_scope']) }}
),

-- Who is there on one side alone: a team that grew or was put together anew uses and delivers more, and nothing follows from it.
presence as (
    select
        published.scope_kind,
        published.published_scope,
        published.person,
        count(distinct sides.side) as on_sides
    from published
    inner join sides on published.week = sides.week
    where published.person is not null
    group by published.scope_kind, published.published_scope, published.person
),

continuity as (
    select
        scope_kind, published_scope,
        {{ whole_percent(share('sum(case when on_sides = 2 then 1 else 0 end)', 'count(*)')) }} as stayed_share
    from presence
    group by scope_kind, published_scope
),

-- Of all changes, whose belong to a team or a segment.
placed as (
    select
        sum(case when outcome_weeks.scope_kind = 'team' then outcome_weeks.ended else 0 end) as of_teams,
        sum(case when outcome_weeks.scope_kind = 'segment' then outcome_weeks.ended else 0 end) as of_segments,
        sum(case when outcome_weeks.scope_kind = 'organisation' then outcome_weeks.ended else 0 end) as of_all
    from outcome_weeks
    inner join sides on outcome_weeks.week = sides.week
),

known as (
    select
        told_scopes.scope_kind,
        told_scopes.published_scope,
        told_scopes.is_withheld,
        windows.window_from,
        windows.split_on,
        windows.window_to,
        {% for figure in compared_figures() %}
        compared.{{ figure }},
        {% endfor %}
        case told_scopes.scope_kind
            when 'team' then {{ whole_percent(share('placed.of_teams', 'placed.of_all')) }}
            when 'segment' then {{ whole_percent(share('placed.of_segments', 'placed.of_all')) }}
            else case when placed.of_all > 0 then cast(1 as decimal(9, 6)) end
        end as changes_placed_share,
        continuity.stayed_share
    from told_scopes
    cross join windows
    cross join placed
    left join compared on told_scopes.scope_kind = compared.scope_kind and told_scopes.published_scope = compared.published_scope
    left join continuity on told_scopes.scope_kind = continuity.scope_kind and told_scopes.published_scope = continuity.published_scope
),

directed as (
    select
        *,
        {{ use_moved() }} as use_moved,
        {{ moved('delivered') }} as delivered_moved,
        {{ moved('delivered_per_usd') }} as per_usd_moved
    from known
),

reasoned as (
    select
        *,
        case
            when weeks is null then 'too_few_weeks'
            when is_withheld then 'too_few_people'
            when coalesce(before_delivered, 0) = 0 and coalesce(after_delivered, 0) = 0 then 'no_delivery_known'
            when before_delivered < {{ enough_changes() }} or after_delivered < {{ enough_changes() }} then 'too_few_changes'
            when use_ratio is null then 'no_use_to_compare'
            when changes_placed_share < 0.8 then 'authors_not_known'
            when stayed_share is null or stayed_share < 0.7 then 'other_people'
            when use_moved <> 'up' then 'use_did_not_rise'
            when quality = 'worse' then 'use_up_quality_worse'
            when delivered_moved = 'down' then 'use_up_delivery_down'
            when delivered_moved <> 'up' and per_usd_moved = 'down' then 'use_up_delivery_not'
            when delivered_moved = 'up' and per_usd_moved = 'down' then 'use_up_delivery_up_by_less'
            when delivered_moved = 'up' then 'use_up_delivery_up'
            when quality = 'better' then 'use_up_quality_better'
            else 'use_up_delivery_not_shown'
        end as reason
    from directed
),

final as (
    select
        scope_kind,
        published_scope as scope,
        window_from,
        split_on,
        window_to,
        weeks,
        {% for money in ['before_usd', 'after_usd'] %}
        case when not is_withheld then {{ two_digits(money) }} end as {{ money }},
        {% endfor %}
        {% for figure in [
            'use_ratio', 'use_ratio_low', 'use_ratio_high', 'before_delivered', 'after_delivered', 'delivered_ratio', 'delivered_ratio_low',
            'delivered_ratio_high', 'delivered_per_usd_ratio', 'delivered_per_usd_ratio_low', 'delivered_per_usd_ratio_high', 'quality'
        ] %}
        case when not is_withheld then {{ figure }} end as {{ figure }},
        {% endfor %}
        changes_placed_share,
        case
            when reason in ('use_up_delivery_up', 'use_up_quality_better') then 'scaling_case'
            when reason in ('use_up_quality_worse', 'use_up_delivery_down', 'use_up_delivery_not') then 'tighten'
            else 'unclear'
        end as verdict,
        reason
    from reasoned
    -- Before there are enough weeks nobody was counted, and nothing but that is told.
    where weeks is not null or scope_kind = 'organisation'
)

select * from final
