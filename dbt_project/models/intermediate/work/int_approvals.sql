with told as (
    {{ in_sessions(ref('stg_otlp__approvals')) }}
),

merged as (
    select
        account,
        min(day) as day,
        tool_key,
        min(emitter) as emitter,
        {{ only_value('whole_session_key') }} as session_key,
        coalesce(max(turn_key), min(whole_turn_key)) as turn_key,
        min(decided_at) as decided_at,
        min(tool) as tool,
        min(decision) as decision,
        min(decision_source) as decision_source,
        max(case when signal = 'span' then wait_ms end) as wait_ms
    from told
    group by account, tool_key
),

final as (
    select
        *,
        decision in ('accept', 'accepted', 'approved', 'approved_for_session', 'auto_accept', 'modify') as is_accepted,
        -- A setting or a hook decides without anybody; Gemini CLI says so in the decision.
        coalesce(decision_source, 'user') not in ('config', 'hook') and decision <> 'auto_accept' as is_human
    from merged
    where decision is not null
)

select * from final
