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
    {{ of_due(ref('int_model_calls')) }}
),

agents_due as (
    {{ of_due(ref('stg_otlp__agent_spans')) }}
),

tools_due as (
    {{ of_due(ref('stg_otlp__tool_calls')) }}
),

approvals_due as (
    {{ of_due(ref('stg_otlp__approvals')) }}
),

events_due as (
    {{ of_due(ref('stg_otlp__events')) }}
),

told as (
    select account, day, session_key, turn_key, context_key, emitter, started_at as told_at, is_session_guessed, cell_version from calls
    {% for records, told_at in [
        ('agents_due', 'started_at'), ('tools_due', 'started_at'), ('approvals_due', 'decided_at'), ('events_due', 'occurred_at')
    ] %}
    union all
    select account, day, whole_session_key, whole_turn_key, context_key, emitter, {{ told_at }}, is_session_guessed, cell_version
    from ({{ in_sessions(records) }}) as {{ records }}_in_sessions
    {% endfor %}
),

final as (
    select
        'otlp' as vendor,
        account,
        day,
        min(cell_version) as cell_version,
        session_key,
        turn_key,
        context_key,
        min(emitter) as emitter,
        min(told_at) as first_at,
        max(told_at) as last_at,
        min(case when is_session_guessed then 1 else 0 end) = 1 as is_session_guessed
    from told
    where session_key is not null
    group by account, day, session_key, turn_key, context_key
)

select * from final
