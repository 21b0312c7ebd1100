-- A call's charge is its cost less discount plus fee (token contracts), or its requests at their price (request contracts): where it is not, by
-- more than a tenth of a cent, the contract has a term that we do not know. Free calls and calls on one's own key have other rules.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

with events as (
    select
        *,
        case
            when is_token_based
                then {{ times('list_usd', "1 - discount_percent * cast('0.01' as decimal(3, 2))") }} + coalesce(token_fee_usd, 0)
            else consumption_usd
        end as expected_usd
    from {{ ref('int_cursor_events') }}
    where billing in ('on_demand', 'included', 'not_charged')
)

select account, day, kind, count(*) as calls_found, sum(charged_usd) as charged_usd, sum(expected_usd) as expected_usd
from events
where abs(charged_usd - expected_usd) > 0.001 or (charged_usd is null) <> (expected_usd is null)
group by account, day, kind
