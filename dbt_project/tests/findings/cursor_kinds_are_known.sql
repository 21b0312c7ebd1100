-- A kind of usage event that cursor_kinds.csv does not name: whether it is billed is not guessed, so its billed figure is unknown.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

select account, kind, min(day) as first_day, max(day) as last_day, count(*) as calls_found, sum(charged_usd) as charged_usd
from {{ ref('int_cursor_events') }}
where billing = 'unknown'
group by account, kind
