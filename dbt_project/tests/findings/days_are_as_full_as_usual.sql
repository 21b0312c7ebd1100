-- Complete by the vendor's word, yet far fewer records than on the same weekday before, or than people with seats.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'data_health'}}}) }}

with health as (
    select * from {{ ref('data_health') }} where data_status in ('complete', 'provisional')
),

seats as (
    select day, vendor, account, count(case when not idle then 1 end) as used_seats
    from {{ ref('seats') }}
    group by day, vendor, account
),

judged as (
    select health.vendor, health.stream, health.account, health.day, health.loaded_records, health.expected_records, seats.used_seats
    from health
    -- Accounts of several vendors may bear one name.
    left join seats
        on health.stream = 'user_days' and health.vendor = seats.vendor and health.account = seats.account and health.day = seats.day
    inner join {{ ref('dim_calendar') }} as calendar on health.day = calendar.day and not calendar.is_weekend
)

select *
from judged
where (expected_records >= 10 and loaded_records * 2 < expected_records)
    or (used_seats >= 10 and loaded_records * 10 < used_seats)
