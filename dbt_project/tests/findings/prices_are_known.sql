-- Credits on a day without a dated price: their worth is unknown, not zero.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}

select vendor, account, day, sum(credits) as credits
from {{ ref('int_spend') }}
where basis = 'metric' and consumption_usd is null
group by vendor, account, day
