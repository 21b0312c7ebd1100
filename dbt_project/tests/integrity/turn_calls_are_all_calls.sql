-- Calls put together by turn are all calls, and all that they are worth; no turn stands twice. Ids may be NULL here, where nothing was told.
{{ config(meta={'dagster': {'ref': {'name': 'int_turn_calls'}}}) }}

with calls as (
    select account, day, count(*) as calls, sum(estimated_usd) as estimated_usd
    from {{ ref('int_model_calls') }}
    group by account, day
),

turns as (
    select account, day, sum(calls) as calls, sum(estimated_usd) as estimated_usd, sum(rows_found) - count(*) as doubles
    from (
        select account, day, sum(calls) as calls, sum(estimated_usd) as estimated_usd, count(*) as rows_found
        from {{ ref('int_turn_calls') }}
        group by account, day, session_key, turn_key, context_key, emitter, provider, model, is_beside
    ) as grouped
    group by account, day
)

select *
from calls
full outer join turns using (account, day)
where coalesce(calls.calls, 0) <> coalesce(turns.calls, 0)
    or coalesce(calls.estimated_usd, 0) <> coalesce(turns.estimated_usd, 0)
    or turns.doubles > 0
