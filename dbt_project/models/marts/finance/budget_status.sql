{% set key = ['month', 'scope', 'scope_id', 'vendor'] %}

with status as (
    select * from {{ ref('int_budget_status') }}
),

budget_use as (
    select *, cast({{ dbt.date_trunc('month', 'day') }} as date) as month, scope_vendor as budget_vendor from {{ ref('int_budget_use') }}
),

people as (
    select
        cast({{ dbt.date_trunc('month', 'day') }} as date) as month, vendor, coalesce(owner_team, team) as team, cost_center,
        principal_key as contributor,
        {{ sum_money('consumption_usd') }} as consumption_usd, {{ sum_money('effective_usd') }} as effective_usd
    from {{ ref('int_spend_people') }}
    where is_person and series <> 'machine_usage'
    group by {{ dbt.date_trunc('month', 'day') }}, vendor, coalesce(owner_team, team), cost_center, principal_key
),

told_days as (
    select *, cast({{ dbt.date_trunc('month', 'day') }} as date) as month from {{ ref('spend_by_vendor_daily') }}
),

-- What the table of days tells of a month, so that nothing follows from the one and the other.
told as (
    select
        month, vendor as scope_id, 'vendor' as scope,
        {{ sum_money('effective_usd') }} as spent_usd, max(case when told_on is null then 1 else 0 end) = 1 as has_untold_days
    from told_days
    group by month, vendor
    union all
    select
        month, '(all)' as scope_id, 'organisation' as scope,
        {{ sum_money('effective_usd') }} as spent_usd, max(case when told_on is null then 1 else 0 end) = 1 as has_untold_days
    from told_days
    group by month
),

contributions as (
    select month, scope, scope_id, budget_vendor, contributor, consumption_usd, effective_usd from budget_use
),

-- Of which persons a scope below the vendor is, and whether a figure of it would be of too few.
judged_scopes as (
    {{ judged(
        'contributions', ['month', 'scope', 'scope_id', 'budget_vendor'], ['consumption_usd', 'effective_usd'], ['consumption_usd', 'effective_usd']
    ) }}
),

-- Everybody, by the one team or cost centre with a budget that they are in. Days and months of all are told, so that stages of all others would
-- tell how a few spend who are left: then the next smallest scope has none either.
everybody as (
    {% for scope, group in [('team', 'people.team'), ('cost_center', 'people.cost_center')] %}
    select
        people.month, '{{ scope }}' as scope, kinds.budget_vendor, coalesce(status.scope_id, '(no budget)') as scope_id, people.contributor,
        people.consumption_usd, people.effective_usd
    from people
    inner join (select distinct month, vendor as budget_vendor from status where scope = '{{ scope }}' and budget_usd is not null) as kinds
        on people.month = kinds.month and kinds.budget_vendor in (people.vendor, '(all)')
    left join status
        on status.scope = '{{ scope }}'
        and status.budget_usd is not null
        and people.month = status.month
        and {{ group }} = status.scope_id
        and kinds.budget_vendor = status.vendor
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

{{ fold(
    'stages', 'everybody', ['month', 'scope', 'budget_vendor'], 'scope_id',
    figures=['consumption_usd', 'effective_usd'], dominated=['consumption_usd', 'effective_usd']
) }},

ruled as (
    select
        status.*,
        told.spent_usd as told_usd,
        coalesce(told.has_untold_days, false) as has_untold_days,
        -- Figures: of the organisation, of vendors that are told by name, and of machines that are nobody's. All else has its stage.
        case
            when status.scope in ('organisation', 'vendor') and status.vendor = '(all)' then told.spent_usd is not null
            else status.scope not in ('organisation', 'vendor') and judged_scopes.contributors is null
        end as has_figures,
        coalesce(judged_scopes.passes, true) and not coalesce(stages.is_folded, false) as has_stage
    from status
    left join told
        on status.month = told.month and status.scope = told.scope and status.scope_id = told.scope_id and status.vendor = '(all)'
    left join judged_scopes
        on status.month = judged_scopes.month
        and status.scope = judged_scopes.scope
        and status.scope_id = judged_scopes.scope_id
        and status.vendor = judged_scopes.budget_vendor
    left join stages
        on status.month = stages.month
        and status.scope = stages.scope
        and status.scope_id = stages.scope_id
        and status.vendor = stages.budget_vendor
),

-- A forecast says about as much as the sum that it becomes: only where the last whole month was told whole, and of a month that is over only where
-- it is told whole itself.
last_months as (
    select
        *,
        coalesce(abs(told_usd - spent_usd) < 0.01, false) as is_told_whole,
        lag(coalesce(abs(told_usd - spent_usd) < 0.01, false)) over (partition by scope, scope_id, vendor order by month) as was_told_whole
    from ruled
),

shown as (
    select
        *,
        case when scope in ('organisation', 'vendor') then told_usd else cast(spent_usd as {{ money_type() }}) end as shown_usd,
        has_figures
        and (scope not in ('organisation', 'vendor') or coalesce(case when is_running then was_told_whole else is_told_whole end, false)) as has_forecast
    from last_months
),

final as (
    select
        {{ key | join(', ') }},
        budget_usd,
        case when has_figures then shown_usd end as spent_usd,
        case when has_figures and budget_usd > 0 then cast(floor(cast(shown_usd as double) / cast(budget_usd as double) * 100) as decimal(9, 0)) end
            as spent_percent,
        {% for money in ['forecast_usd', 'forecast_low_usd', 'forecast_high_usd'] %}
        case when has_forecast then {{ three_digits(money) }} end as {{ money }},
        {% endfor %}
        forecast_error_p50,
        forecast_error_p90,
        case when has_stage then stage else '(suppressed)' end as stage,
        {% for stage in ['early_warning', 'review', 'policy'] %}
        case when has_stage then {{ stage }}_on end as {{ stage }}_on,
        {% endfor %}
        case
            when has_stage then case stage
                when 'early_warning' then 'tell the owner'
                when 'review' then 'review for savings'
                when 'policy' then 'route models, or ask for more'
            end
        end as action,
        {% for day in ['exhausted_on', 'exhausted_first_on', 'exhausted_last_on'] %}
        case when has_forecast then {{ day }} end as {{ day }},
        {% endfor %}
        has_stage and is_restated as is_restated,
        has_untold_days,
        case
            when not is_running and known_days = extract(day from {{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'month')) }}) then 'complete'
            else 'provisional'
        end as data_status
    from shown
)

select * from final
