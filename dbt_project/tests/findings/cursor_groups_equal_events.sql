-- Of a past billing cycle Cursor tells spend by billing group, and nothing else. It does not say whether it means all spend or the on-demand
-- part: a cycle whose groups add up to neither, by more than a cent per member, was not read whole, or a group was deleted.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

with snapshots as (
    select
        account, cycle_started_at, cycle_ends_at, day, sum(spend_usd) as groups_usd, sum(members) as members,
        row_number() over (partition by account, cycle_started_at order by day desc) as place
    from {{ ref('stg_cursor__groups') }}
    where cast(cycle_ends_at as date) < day
    group by account, cycle_started_at, cycle_ends_at, day
),

complete_days as (
    select account, day from {{ ref('int_stream_days') }} where vendor = 'cursor' and stream = 'usage_events' and status = 'complete'
),

covered as (
    select snapshots.account, snapshots.cycle_started_at, snapshots.cycle_ends_at, snapshots.groups_usd, snapshots.members
    from snapshots
    inner join complete_days
        on snapshots.account = complete_days.account
        and complete_days.day >= cast(snapshots.cycle_started_at as date)
        and complete_days.day <= cast(snapshots.cycle_ends_at as date)
    where snapshots.place = 1
    group by snapshots.account, snapshots.cycle_started_at, snapshots.cycle_ends_at, snapshots.groups_usd, snapshots.members
    having count(*) = {{ dbt.datediff('cast(snapshots.cycle_started_at as date)', 'cast(snapshots.cycle_ends_at as date)', 'day') }} + 1
),

compared as (
    select
        covered.account,
        covered.cycle_started_at,
        covered.groups_usd,
        covered.members,
        coalesce(sum(case when events.billing <> 'not_charged' and events.principal_kind = 'person' then events.charged_usd end), 0)
            as overall_usd,
        coalesce(sum(case when events.principal_kind = 'person' then events.billed_usd end), 0) as on_demand_usd
    from covered
    left join {{ ref('int_cursor_events') }} as events
        on covered.account = events.account
        and events.occurred_at >= covered.cycle_started_at
        and events.occurred_at < covered.cycle_ends_at
    group by covered.account, covered.cycle_started_at, covered.groups_usd, covered.members
)

select *
from compared
where abs(groups_usd - overall_usd) > members * cast('0.01' as decimal(3, 2))
    and abs(groups_usd - on_demand_usd) > members * cast('0.01' as decimal(3, 2))
