-- The usage that a parent repeats is not that of its trace's calls: calls were not told (sampling), or told twice.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_model_calls'}}}) }}

with calls as (
    select
        account,
        trace_key,
        sum(coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)) as input_tokens,
        sum(coalesce(output_tokens, 0)) as output_tokens
    from {{ ref('int_model_calls') }}
    where not is_from_parent and trace_key is not null
    group by account, trace_key
),

-- An agent inside an agent: the outermost one's total holds it, or stands beside it, as the emitter likes.
parents as (
    select
        account,
        trace_key,
        max(input_tokens) as outer_input_tokens,
        sum(input_tokens) as input_tokens,
        max(output_tokens) as outer_output_tokens,
        sum(output_tokens) as output_tokens
    from {{ ref('stg_otlp__agent_spans') }}
    where input_tokens is not null or output_tokens is not null
    group by account, trace_key
)

select parents.account, parents.trace_key, parents.input_tokens as told_input_tokens, calls.input_tokens, calls.output_tokens
from parents
inner join calls on parents.account = calls.account and parents.trace_key = calls.trace_key
where calls.input_tokens not in (parents.outer_input_tokens, parents.input_tokens)
    or calls.output_tokens not in (parents.outer_output_tokens, parents.output_tokens)
