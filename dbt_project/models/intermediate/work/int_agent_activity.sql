{{ config(materialized='view') }}

with calls as (
    select * from {{ ref('int_model_calls') }}
),

agents as (
    {{ in_sessions(ref('stg_otlp__agent_spans')) }}
),

tools as (
    {{ in_sessions(ref('stg_otlp__tool_calls')) }}
),

approvals as (
    {{ in_sessions(ref('stg_otlp__approvals')) }}
),

events as (
    {{ in_sessions(ref('stg_otlp__events')) }}
),

final as (
    select account, day, session_key, turn_key, context_key, emitter, started_at as told_at, is_session_guessed from calls
    union all
    select account, day, whole_session_key, whole_turn_key, context_key, emitter, started_at, is_session_guessed from agents
    union all
    select account, day, whole_session_key, whole_turn_key, context_key, emitter, started_at, is_session_guessed from tools
    union all
    select account, day, whole_session_key, whole_turn_key, context_key, emitter, decided_at, is_session_guessed from approvals
    union all
    select account, day, whole_session_key, whole_turn_key, context_key, emitter, occurred_at, is_session_guessed from events
)

select * from final
where session_key is not null
