-- What Cursor charges in a billing cycle is told twice: per call, and per member since the cycle began. A cycle begins at an instant, so the
-- calls are cut there and at the instant of the snapshot. The last snapshot whose days are complete is compared. Not said by Cursor: whether
-- errors and service accounts are in its totals, and the last hours before the snapshot may not have been added up yet; so the total may lie
-- anywhere between the calls without and with these. Beyond that, one cent per member is rounding.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

with snapshots as (
    select
        spend.account,
        spend.day,
        spend.cycle_started_at,
        generations.fetched_at,
        count(*) as members,
        sum(spend.overall_usd) as overall_usd
    from {{ ref('stg_cursor__spend') }} as spend
    inner join {{ ref('stg_platform__generations') }} as generations
        on generations.vendor = 'cursor'
        and generations.stream = 'spend'
        and spend.account = generations.account
        and spend.day = generations.day
        and spend.generation = generations.generation
        and generations.complete
    group by spend.account, spend.day, spend.cycle_started_at, generations.fetched_at
    having count(spend.overall_usd) = count(*)
),

complete_days as (
    select account, day from {{ ref('int_stream_days') }} where vendor = 'cursor' and stream = 'usage_events' and status = 'complete'
),

covered as (
    select
        snapshots.account, snapshots.day, snapshots.cycle_started_at, snapshots.fetched_at, snapshots.members, snapshots.overall_usd
    from snapshots
    inner join complete_days
        on snapshots.account = complete_days.account
        and complete_days.day >= cast(snapshots.cycle_started_at as date)
        and complete_days.day <= snapshots.day
    group by
        snapshots.account, snapshots.day, snapshots.cycle_started_at, snapshots.fetched_at, snapshots.members, snapshots.overall_usd
    having count(*) = {{ dbt.datediff('cast(snapshots.cycle_started_at as date)', 'snapshots.day', 'day') }} + 1
),

newest as (
    select *, row_number() over (partition by account, cycle_started_at order by day desc) as place from covered
),

compared as (
    select
        newest.account,
        newest.cycle_started_at,
        newest.day as observed_on,
        newest.members,
        newest.overall_usd,
        coalesce(
            sum(
                case
                    when events.billing <> 'not_charged' and events.principal_kind = 'person'
                        and events.occurred_at < newest.fetched_at - interval '2 hours'
                        then events.charged_usd
                end
            ), 0
        ) as least_usd,
        coalesce(sum(events.charged_usd), 0) as most_usd
    from newest
    left join {{ ref('int_cursor_events') }} as events
        on newest.account = events.account
        and events.occurred_at >= newest.cycle_started_at
        and events.occurred_at < newest.fetched_at
    where newest.place = 1
    group by newest.account, newest.cycle_started_at, newest.day, newest.members, newest.overall_usd
)

select *
from compared
where overall_usd < least_usd - members * cast('0.01' as decimal(3, 2))
    or overall_usd > most_usd + members * cast('0.01' as decimal(3, 2))
