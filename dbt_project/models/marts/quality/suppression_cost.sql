{% set choices = [3, 5, 10, 20] %}

with team_lines as (
    select *, coalesce(consumption_usd, billed_usd, 0) as weight_usd from {{ ref('int_team_told') }} where contributor is not null
),

spend as (
    select * from {{ ref('int_spend_told') }}
),

told_days as (
    select * from {{ ref('int_privacy_told_days') }}
),

-- Days that share their row with others.
shared_rows as (
    select published_vendor, published_account, series, told_on
    from told_days
    where told_on is not null
    group by published_vendor, published_account, series, told_on
    having count(distinct day) > 1
),

-- A cell as it would be told if nobody had to be protected, and the last step of the cascade that changed it.
team_cells as (
    select
        'spend_per_team_weekly' as table_name,
        week, team, vendor, series,
        case
            when published_team = '(suppressed)' then '4 teams into (suppressed)'
            when published_team <> team then '3 teams into (other of division)'
            when published_vendor <> vendor then '2 vendors of the team merged'
            else '1 told as it is'
        end as step,
        count(distinct case when weight_usd <> 0 then contributor end) as contributors,
        sum(weight_usd) as weight_usd
    from team_lines
    group by week, team, vendor, series, published_team, published_vendor
),

day_cells as (
    select
        case when spend.series = 'machine_usage' then 'spend_by_vendor_daily, machines' else 'spend_by_vendor_daily' end as table_name,
        spend.day, spend.vendor, spend.account, spend.series, spend.model,
        case
            when spend.told_on is null then '6 withheld'
            when spend.published_vendor <> spend.vendor then '5 vendors merged'
            when spend.published_account <> spend.account then '4 accounts merged'
            when shared_rows.told_on is not null then '3 days merged'
            when spend.published_model <> spend.model then '2 models merged'
            else '1 told as it is'
        end as step,
        count(distinct case when coalesce(spend.consumption_usd, spend.billed_usd, 0) <> 0 then spend.contributor end) as contributors,
        sum(coalesce(spend.consumption_usd, spend.billed_usd, 0)) as weight_usd
    from spend
    left join shared_rows
        on spend.published_vendor = shared_rows.published_vendor
        and spend.published_account = shared_rows.published_account
        and spend.series = shared_rows.series
        and spend.told_on = shared_rows.told_on
    where spend.contributor is not null
        -- Of days whose persons are no longer kept nothing can be judged.
        and spend.contributor not like '%erased%' and spend.contributor not like '%:-1'
    group by
        spend.day, spend.vendor, spend.account, spend.series, spend.model, spend.told_on, spend.published_vendor, spend.published_account,
        spend.published_model, shared_rows.told_on
),

cells as (
    select table_name, step, contributors, weight_usd from team_cells
    union all
    select table_name, step, contributors, weight_usd from day_cells
),

-- What the choice of k costs at least: the cells of fewer persons than that, none of which can stand alone.
choices as (
    {% for k in choices %}
    select
        table_name, {{ k }} as k, '0 of fewer than k persons' as step,
        count(case when contributors < {{ k }} then 1 end) as cells,
        sum(case when contributors < {{ k }} then weight_usd else 0 end) as weight_usd
    from cells
    where table_name <> 'spend_by_vendor_daily, machines'
    group by table_name
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

steps as (
    select table_name, {{ var('k') }} as k, step, count(*) as cells, sum(weight_usd) as weight_usd from cells group by table_name, step
    union all
    select table_name, k, step, cells, weight_usd from choices
),

totals as (
    select table_name, count(*) as cells, sum(weight_usd) as weight_usd from cells group by table_name
),

-- Shares in whole percent: to more digits, those of what is withheld would tell it.
final as (
    select
        steps.table_name,
        steps.step,
        cast(steps.k as bigint) as k,
        cast(steps.cells as bigint) as cells,
        {{ whole_percent(share('steps.cells', 'totals.cells')) }} as cell_share,
        {{ whole_percent(share('steps.weight_usd', 'totals.weight_usd')) }} as dollar_share
    from steps
    inner join totals on steps.table_name = totals.table_name
)

select * from final
