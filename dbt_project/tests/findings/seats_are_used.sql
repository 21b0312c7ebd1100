-- Seats without any sign of use for 30 days, as the last list shows them, and what the contract asks for them. `unit` says for which time.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'seats'}}}) }}

with seats as (
    select * from {{ ref('seats') }}
),

last_lists as (
    select vendor, account, max(day) as day from seats group by vendor, account
),

idle as (
    select
        seats.vendor,
        seats.account,
        seats.day,
        seats.plan,
        count(*) as seats_held,
        sum(case when seats.idle then 1 else 0 end) as idle_seats
    from seats
    inner join last_lists on seats.vendor = last_lists.vendor and seats.account = last_lists.account and seats.day = last_lists.day
    group by seats.vendor, seats.account, seats.day, seats.plan
),

prices as (
    select * from {{ ref('stg_company__contracts') }} where item = 'seat'
)

select
    idle.vendor,
    idle.account,
    idle.day,
    idle.plan,
    idle.seats_held,
    idle.idle_seats,
    prices.unit,
    prices.currency,
    {{ times('idle.idle_seats', 'prices.amount') }} as contract_amount
from idle
left join prices
    on idle.vendor = prices.vendor
    and prices.account in (idle.account, '(all)')
    and idle.plan = prices.plan
    and idle.day >= prices.valid_from
    and idle.day < prices.valid_to
where idle.idle_seats > 0
