with calls as (
    select * from {{ ref('stg_otlp__model_calls') }}
),

-- Of a trace only some spans say whose session it is, often the root alone and late; or only the log of the same call does.
said as (
    select account, trace_key, session_key, turn_key from {{ ref('stg_otlp__agent_spans') }}
    union all
    select account, trace_key, session_key, turn_key from calls
    union all
    select spans.account, spans.trace_key, logs.session_key, logs.turn_key
    from calls as spans
    inner join calls as logs
        on spans.account = logs.account and spans.call_key = logs.call_key
    where spans.signal = 'span' and logs.signal = 'log'
    union all
    select account, trace_key, session_key, turn_key from {{ ref('stg_otlp__tool_calls') }}
),

final as (
    -- Two sessions in one trace are told apart by their own records only.
    select
        account,
        trace_key,
        {{ only_value('session_key') }} as session_key,
        {{ only_value('turn_key') }} as turn_key
    from said
    where trace_key is not null and (session_key is not null or turn_key is not null)
    group by account, trace_key
)

select * from final
