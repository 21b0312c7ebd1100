{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='sync_all_columns',
        pre_hook="{{ forget_stale_cells(ref('int_session_cells'), by=['account', 'session_key']) }}"
    )
}}

with due as (
    {{ due_sessions() }}
),

calls as (
    select
        account,
        session_key,
        turn_key,
        {% for column in [
            'calls', 'failed_calls', 'retries', 'uncached_input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'output_tokens', 'unpriced_calls'
        ] %}
        {{ sum_count(column) }} as {{ column }},
        {% endfor %}
        {{ sum_money('estimated_usd') }} as estimated_usd,
        {{ sum_money('client_estimated_usd') }} as client_estimated_usd
    from ({{ of_sessions(ref('int_turn_calls')) }}) as of_sessions
    group by account, session_key, turn_key
),

tools as (
    select
        account,
        session_key,
        turn_key,
        {{ sum_count('1') }} as tool_calls,
        {{ sum_count("case when command_class = 'test' then 1 else 0 end") }} as test_runs,
        {{ sum_count("case when command_class = 'test' and not is_success then 1 else 0 end") }} as failed_test_runs,
        {{ sum_count('case when not is_success then 1 else 0 end') }} as failed_tool_calls
    from ({{ of_sessions(ref('int_tool_calls')) }}) as of_sessions
    group by account, session_key, turn_key
),

approvals as (
    select
        account,
        session_key,
        turn_key,
        {{ sum_count('case when is_human then 1 else 0 end') }} as human_approvals,
        {{ sum_count('case when is_human and not is_accepted then 1 else 0 end') }} as human_rejections,
        {{ sum_count('case when is_human then wait_ms end') }} as human_wait_ms
    from ({{ of_sessions(ref('int_approvals')) }}) as of_sessions
    group by account, session_key, turn_key
),

events as (
    {{ in_sessions(ref('stg_otlp__events')) }}
),

prompts as (
    select
        account,
        whole_session_key as session_key,
        whole_turn_key as turn_key,
        {{ sum_count("case when kind = 'prompt' then 1 else 0 end") }} as prompts,
        min(case when kind = 'prompt' then prompt_key end) as prompt_key,
        max(case when kind = 'prompt' then prompt_length end) as prompt_length,
        {{ sum_count("case when kind in ('api_error', 'retries_exhausted', 'refusal') then 1 else 0 end") }} as errors,
        -- Claude Code tells once, with the count, when it gave up; Gemini CLI and Codex tell each attempt.
        {{ sum_count(
            "case when emitter = 'claude_code' and kind = 'api_error' then coalesce(attempts, 1) "
            "when kind in ('retry', 'api_error') or (kind = 'api_attempt' and status_code >= 400) then 1 else 0 end"
        ) }} as failed_attempts,
        {{ sum_count("case when kind = 'compaction' then 1 else 0 end") }} as compactions
    from events
    where (account, whole_session_key) in (select (account, session_key) from due)
    group by account, whole_session_key, whole_turn_key
),

spans as (
    select
        account,
        session_key,
        turn_key,
        min(emitter) as emitter,
        min(first_at) as first_at,
        max(last_at) as last_at,
        min(session_version) as cell_version
    from ({{ of_sessions(ref('int_session_contexts')) }}) as of_sessions
    group by account, session_key, turn_key
),

final as (
    select
        spans.account,
        spans.cell_version,
        spans.session_key,
        spans.turn_key,
        spans.emitter,
        cast(spans.first_at as date) as day,
        spans.first_at,
        spans.last_at,
        coalesce(prompts.prompts, 0) as prompts,
        prompts.prompt_key,
        prompts.prompt_length,
        coalesce(calls.calls, 0) as calls,
        coalesce(calls.failed_calls, 0) as failed_calls,
        coalesce(calls.retries, 0) as retries,
        coalesce(prompts.errors, 0) as errors,
        coalesce(prompts.failed_attempts, 0) as failed_attempts,
        coalesce(prompts.compactions, 0) as compactions,
        calls.uncached_input_tokens,
        calls.cache_read_tokens,
        calls.cache_write_tokens,
        calls.output_tokens,
        calls.estimated_usd,
        coalesce(calls.unpriced_calls, 0) as unpriced_calls,
        calls.client_estimated_usd,
        coalesce(tools.tool_calls, 0) as tool_calls,
        coalesce(tools.failed_tool_calls, 0) as failed_tool_calls,
        coalesce(tools.test_runs, 0) as test_runs,
        coalesce(tools.failed_test_runs, 0) as failed_test_runs,
        coalesce(approvals.human_approvals, 0) as human_approvals,
        coalesce(approvals.human_rejections, 0) as human_rejections,
        approvals.human_wait_ms
    from spans
    {% for part in ['calls', 'tools', 'approvals', 'prompts'] %}
    left join {{ part }}
        on spans.account = {{ part }}.account
        and spans.session_key = {{ part }}.session_key
        and spans.turn_key is not distinct from {{ part }}.turn_key
    {% endfor %}
)

select * from final
-- What no turn can be told of, as a retry without its prompt, stands at the session.
where calls + tool_calls + prompts + errors + failed_attempts + compactions + human_approvals > 0
