-- Seats of the last list that GitHub shows without a person (an account that was deleted, an invitation that nobody took up). They are on the
-- bill, and in no count of people.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'seats'}}}) }}

with seats as (
    select * from {{ ref('stg_github_copilot__seats') }}
),

last_lists as (
    select account, max(day) as day from seats group by account
)

select seats.account, seats.day, seats.organization, seats.plan, count(*) as seats_found
from seats
inner join last_lists on seats.account = last_lists.account and seats.day = last_lists.day
where seats.login is null
group by seats.account, seats.day, seats.organization, seats.plan
