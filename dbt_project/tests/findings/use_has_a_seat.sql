-- Somebody works with a vendor's seat on a day on which the list of seats does not have them, nor the list after it: a seat that is paid from
-- elsewhere, a second account, or one that was taken away and still works. Only days on which the list was read can say so.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'seats'}}}) }}

with seats as (
    select distinct vendor, account, day, person_key from {{ ref('seats') }}
),

lists as (
    select vendor, account, day, lead(day) over (partition by vendor, account order by day) as next_day
    from (select distinct vendor, account, day from seats) as listed
),

spend as (
    select vendor, account, day, principal_key, sum(consumption_usd) as consumption_usd, sum(billed_usd) as billed_usd
    from {{ ref('int_spend_people') }}
    where is_person and series <> 'human_seat' and auth_kind in ('seat', '(unknown)')
    group by vendor, account, day, principal_key
),

active as (
    select vendor, account, day, person_id as person_key from {{ ref('int_person_activity') }} where is_active
    union
    select vendor, account, day, principal_key from spend where consumption_usd > 0
)

select
    active.vendor,
    active.account,
    cast({{ dbt.date_trunc('month', 'active.day') }} as date) as month,
    count(distinct active.person_key) as principals_found,
    count(distinct active.day) as days_found,
    sum(spend.consumption_usd) as consumption_usd,
    sum(spend.billed_usd) as billed_usd
from active
inner join lists on active.vendor = lists.vendor and active.account = lists.account and active.day = lists.day
left join seats
    on active.vendor = seats.vendor
    and active.account = seats.account
    and seats.day in (lists.day, lists.next_day)
    and active.person_key = seats.person_key
left join spend
    on active.vendor = spend.vendor
    and active.account = spend.account
    and active.day = spend.day
    and active.person_key = spend.principal_key
where seats.person_key is null
group by active.vendor, active.account, cast({{ dbt.date_trunc('month', 'active.day') }} as date)
