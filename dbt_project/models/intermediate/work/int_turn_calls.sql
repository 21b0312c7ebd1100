{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='sync_all_columns',
        pre_hook="{{ forget_stale_cells(ref('int_telemetry_cells')) }}"
    )
}}

with due as (
    {{ due_cells() }}
),

calls as (
    select
        calls.*,
        due.cell_version as due_version,
        lag(calls.started_at) over (
            partition by calls.account, calls.day, calls.session_key, calls.model order by calls.started_at, calls.call_key
        ) as earlier_at
    from {{ ref('int_model_calls') }} as calls
    inner join due on calls.account = due.account and calls.day = due.day
),

judged as (
    select
        *,
        output_tokens <= {{ short_answer() }} and uncached_input_tokens + coalesce(cache_write_tokens, 0) <= {{ short_question() }} as is_short,
        -- Titles and summaries run on a small model of their own beside the work.
        coalesce(initiator, '') = 'auxiliary' or coalesce(operation, '') = 'embeddings' as is_beside
    from calls
),

final as (
    select
        'otlp' as vendor,
        account,
        day,
        min(due_version) as cell_version,
        session_key,
        turn_key,
        context_key,
        emitter,
        provider,
        model,
        {{ model_key('model') }} as price_model,
        is_beside,
        {{ sum_count('1') }} as calls,
        {{ sum_count('case when is_failed then 1 else 0 end') }} as failed_calls,
        {{ sum_count('attempts - 1') }} as retries,
        {{ sum_count('uncached_input_tokens') }} as uncached_input_tokens,
        {{ sum_count('cache_read_tokens') }} as cache_read_tokens,
        {{ sum_count('cache_write_tokens') }} as cache_write_tokens,
        {{ sum_count('output_tokens') }} as output_tokens,
        {{ sum_money('estimated_usd') }} as estimated_usd,
        {{ sum_money('client_estimated_usd') }} as client_estimated_usd,
        {{ sum_money('coalesce(estimated_usd, client_estimated_usd)') }} as worth_usd,
        {{ sum_count('case when estimated_usd is null and coalesce(uncached_input_tokens, output_tokens) is not null then 1 else 0 end') }} as unpriced_calls,
        {{ sum_count('case when is_short then 1 else 0 end') }} as short_calls,
        {{ sum_money('case when is_short then estimated_usd end') }} as short_estimated_usd,
        -- Input that came again within five minutes could have been read from a cache.
        {{ sum_count('case when started_at <= earlier_at + interval 5 minute then 1 else 0 end') }} as soon_calls,
        {{ sum_count('case when started_at <= earlier_at + interval 5 minute then uncached_input_tokens end') }} as soon_uncached_input_tokens
    from judged
    group by account, day, session_key, turn_key, context_key, emitter, provider, model, is_beside
)

select * from final
