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
    {{ near_due(ref('stg_otlp__model_calls')) }}
),

agents as (
    {{ near_due(ref('stg_otlp__agent_spans')) }}
),

tools as (
    {{ near_due(ref('stg_otlp__tool_calls')) }}
),

-- Of a trace only some spans say whose session it is, often the root alone and late; or only the log of the same call does.
said as (
    select account, day, trace_key, session_key, turn_key from agents
    union all
    select account, day, trace_key, session_key, turn_key from calls
    union all
    select spans.account, spans.day, spans.trace_key, logs.session_key, logs.turn_key
    from calls as spans
    inner join calls as logs
        on spans.account = logs.account and spans.day = logs.day and spans.call_key = logs.call_key
    where spans.signal = 'span' and logs.signal = 'log' and spans.trace_key is not null
    union all
    select account, day, trace_key, session_key, turn_key from tools
),

by_day as (
    select
        account, day, trace_key, min(session_key) as session_key, max(session_key) as last_session_key, min(turn_key) as turn_key,
        max(turn_key) as last_turn_key
    from said
    where trace_key is not null and (session_key is not null or turn_key is not null)
    group by account, day, trace_key
),

-- Two sessions in one trace are told apart by their own records only.
final as (
    select
        'otlp' as vendor,
        due.account,
        due.day,
        min(due.cell_version) as cell_version,
        by_day.trace_key,
        case when min(by_day.session_key) = max(by_day.last_session_key) then min(by_day.session_key) end as session_key,
        case when min(by_day.turn_key) = max(by_day.last_turn_key) then min(by_day.turn_key) end as turn_key
    from due
    inner join by_day
        on due.account = by_day.account and by_day.day between cast(due.day - 1 as date) and cast(due.day + 1 as date)
    group by due.account, due.day, by_day.trace_key
)

select * from final
