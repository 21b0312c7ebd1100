-- A session's counters and its calls tell different tokens: calls were not told, or (Claude Code before 2.1.214) frames were counted as calls.
-- Only counters of increments are compared; the others start anew with each process.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_model_calls'}}}) }}

with counted as (
    select account, session_key, sum(amount) as tokens
    from {{ ref('stg_otlp__metrics') }}
    where metric = 'claude_code.token.usage' and temporality = 'delta' and session_key is not null
    group by account, session_key
),

told as (
    select
        account,
        session_key,
        sum(
            coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) + coalesce(output_tokens, 0)
        ) as tokens
    from {{ ref('int_model_calls') }}
    where emitter = 'claude_code'
    group by account, session_key
)

select counted.account, counted.session_key, counted.tokens as counted_tokens, told.tokens as told_tokens
from counted
left join told on counted.account = told.account and counted.session_key = told.session_key
where coalesce(told.tokens, 0) <> counted.tokens
