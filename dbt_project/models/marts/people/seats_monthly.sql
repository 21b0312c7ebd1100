with seats as (
    select *, cast({{ dbt.date_trunc('month', 'day') }} as date) as month from {{ ref('seats') }}
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
    select seats.month, seats.vendor, seats.plan, count(*) as seats, count(case when seats.idle then 1 end) as idle_seats
    from seats
    inner join last_observations
        on seats.vendor = last_observations.vendor
        and seats.account = last_observations.account
        and seats.day = last_observations.day
    group by seats.month, seats.vendor, seats.plan
),

through_month as (
    select month, vendor, plan, count(*) as seat_days
    from seats
    group by month, vendor, plan
),

health as (
    select
        vendor, month, {{ worst_status('status') }} as data_status,
        count(distinct case when loaded_records is not null then day end) as observed_days
    from stream_days
    group by vendor, month
),

-- Few idle seats, or few that are not, would point at persons.
final as (
    select
        at_end.month,
        at_end.vendor,
        at_end.plan,
        cast(case when at_end.seats >= {{ var('k') }} then at_end.seats end as bigint) as seats,
        cast(
            case
                when at_end.idle_seats >= {{ var('k') }} and at_end.seats - at_end.idle_seats >= {{ var('k') }} then at_end.idle_seats
            end as bigint
        ) as idle_seats,
        cast(case when at_end.seats >= {{ var('k') }} then through_month.seat_days end as bigint) as seat_days,
        cast(health.observed_days as bigint) as observed_days,
        health.data_status
    from at_end
    inner join through_month
        on at_end.month = through_month.month and at_end.vendor = through_month.vendor and at_end.plan = through_month.plan
    left join health on at_end.month = health.month and at_end.vendor = health.vendor
)

select * from final
