with seats as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'day') }} as date) as month,
        person_key as contributor,
        1 as held
    from {{ ref('seats') }}
),

stream_days as (
    select *, cast({{ dbt.date_trunc('month', 'day') }} as date) as month
    from {{ ref('int_stream_days') }} as stream_days
    where exists (
        select 1 from {{ ref('ledger_streams') }} as streams
        where streams.vendor = stream_days.vendor and streams.stream = stream_days.stream and streams.measure = 'seats'
    )
),

-- The month as its last observation shows it, per account; one without any seat is an observation too.
last_observations as (
    select vendor, account, month, max(day) as day
    from stream_days
    where loaded_records is not null
    group by vendor, account, month
),

at_end as (
    select seats.*
    from seats
    inner join last_observations
        on seats.vendor = last_observations.vendor
        and seats.account = last_observations.account
        and seats.day = last_observations.day
),

-- Plans that few people have are told together: a vendor's seats in all are on the bill.
{{ fold('plans', 'at_end', ['month', 'vendor'], 'plan', figures=['held'], dominated=[]) }},

named as (
    select
        month,
        vendor,
        plan,
        case when not is_folded then plan when all_folded then '(all plans)' else '(other plans)' end as published_plan,
        is_folded and not fold_passes as is_withheld
    from plans
),

counted as (
    select
        at_end.month,
        at_end.vendor,
        named.published_plan as plan,
        max(case when named.is_withheld then 1 else 0 end) = 1 as is_withheld,
        count(*) as seats,
        count(distinct at_end.contributor) as holders,
        count(distinct case when at_end.idle then at_end.contributor end) as idle_holders,
        count(case when at_end.idle then 1 end) as idle_seats
    from at_end
    inner join named on at_end.month = named.month and at_end.vendor = named.vendor and at_end.plan = named.plan
    group by at_end.month, at_end.vendor, named.published_plan
),

through_month as (
    select seats.month, seats.vendor, named.published_plan as plan, count(*) as seat_days
    from seats
    inner join named on seats.month = named.month and seats.vendor = named.vendor and seats.plan = named.plan
    group by seats.month, seats.vendor, named.published_plan
),

health as (
    select
        vendor, month, {{ worst_status('status') }} as data_status,
        count(distinct case when loaded_records is not null then day end) as observed_days
    from stream_days
    group by vendor, month
),

-- Few idle seats, or few that are not, would point at persons; from one day of a running month to the next, so would one more.
final as (
    select
        counted.month,
        counted.vendor,
        counted.plan,
        cast(case when not counted.is_withheld then counted.seats end as bigint) as seats,
        cast(
            case
                when not counted.is_withheld
                    and counted.idle_holders >= {{ var('k') }}
                    and counted.holders - counted.idle_holders >= {{ var('k') }}
                    and {{ dbt.dateadd('month', 1, 'counted.month') }} <= {{ as_of() }}
                    then counted.idle_seats
            end as bigint
        ) as idle_seats,
        cast(case when not counted.is_withheld then through_month.seat_days end as bigint) as seat_days,
        cast(health.observed_days as bigint) as observed_days,
        health.data_status
    from counted
    inner join through_month
        on counted.month = through_month.month and counted.vendor = through_month.vendor and counted.plan = through_month.plan
    left join health on counted.month = health.month and counted.vendor = health.vendor
)

select * from final
