-- One team read with two keys under two accounts: the same calls would count twice. A millisecond, an e-mail and a model are seldom one by chance.
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

with events as (
    select distinct account, day, occurred_at, email, model from {{ ref('stg_cursor__usage_events') }} where email is not null
)

select one.account, other.account as other_account, count(distinct one.day) as days_found, count(*) as calls_found
from events as one
inner join events as other
    on one.day = other.day and one.occurred_at = other.occurred_at and one.email = other.email and one.model = other.model
    and one.account < other.account
group by one.account, other.account
having count(*) >= 3
