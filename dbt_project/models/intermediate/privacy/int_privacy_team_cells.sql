with people as (
    select units.unit, people.*
    from {{ ref('int_privacy_team_people') }} as people
    inner join {{ ref('int_privacy_units') }} as units
        on people.week = units.week and people.series = units.series and people.team = units.team
),

-- Second step, a team's vendors: the small ones are told together, the smallest first.
{{ fold('unit_vendors', 'people', ['week', 'series', 'unit'], 'vendor') }},

-- Every account's week is told exactly elsewhere, so cells of several vendors or accounts stand between two sets of sums, those of teams and
-- those of accounts. Merging therefore goes as far as it takes until no sum of a few persons follows from them: where each team's own choice
-- is not enough, all teams merge the same vendors, then all their vendors, and at last no team is told by itself.
choices as (
    select
        *,
        is_folded as merges_1,
        max(case when is_folded then 1 else 0 end) over (partition by week, series, vendor) = 1 as merges_2,
        true as merges_3
    from unit_vendors
),

{% for step in [1, 2, 3] %}
step_{{ step }} as (
    select
        *,
        merges_{{ step }} and count(case when merges_{{ step }} then 1 end) over (partition by week, series, unit) > 1 as merges,
        max(case when merges_{{ step }} then 1 else 0 end) over (partition by week, series, vendor) = 1 as is_merged_somewhere
    from choices
),

step_{{ step }}_people as (
    select
        people.*,
        case when step.is_merged_somewhere then '(merged)' else people.vendor end as part,
        people.unit || '|' || case when step.merges then '(merged)' else people.vendor end as cell,
        people.vendor || '|' || people.account as vendor_account
    from people
    inner join step_{{ step }} as step
        on people.week = step.week and people.series = step.series and people.unit = step.unit and people.vendor = step.vendor
),

{{ cuts('step_' ~ step, 'step_' ~ step ~ '_people', ['week', 'series', 'part'], 'cell', 'vendor_account') }},

{% endfor %}
steps as (
    select
        weeks.week,
        weeks.series,
        case
            {% for step in [1, 2, 3] %}when step_{{ step }}_fails.week is null then {{ step }} {% endfor %}
            else 4
        end as step
    from (select distinct week, series from choices) as weeks
    {% for step in [1, 2, 3] %}
    left join (select distinct week, series from step_{{ step }}_fails) as step_{{ step }}_fails
        on weeks.week = step_{{ step }}_fails.week and weeks.series = step_{{ step }}_fails.series
    {% endfor %}
),

decided as (
    select
        choices.*,
        steps.step,
        case steps.step when 1 then merges_1 when 2 then merges_2 when 3 then merges_3 else false end as merges
    from choices
    inner join steps on choices.week = steps.week and choices.series = steps.series
),

counted as (
    select
        *,
        count(case when merges then 1 end) over (partition by week, series, unit) as merged,
        count(*) over (partition by week, series, unit) as vendors
    from decided
),

final as (
    select
        week,
        series,
        unit,
        vendor,
        case when step = 4 then '(suppressed)' else unit end as published_team,
        case when not merges or merged = 1 then vendor when merged = vendors then '(all vendors)' else '(other vendors)' end as published_vendor,
        step
    from counted
)

select * from final
