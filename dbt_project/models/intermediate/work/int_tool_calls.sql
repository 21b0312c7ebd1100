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

told as (
    {{ near_due(ref('stg_otlp__tool_calls')) }}
),

pooled as (
    select pools.*, due.cell_version
    from ({{ day_pools('told') }}) as pools
    inner join due on pools.account = due.account and pools.pool_day = due.day
),

in_sessions as (
    {{ in_sessions('pooled') }}
),

-- A call stands on a span and in a log; what one of them leaves out the other may tell.
final as (
    select
        'otlp' as vendor,
        account,
        min(day) as day,
        min(cell_version) as cell_version,
        tool_key,
        min(emitter) as emitter,
        {{ only_value('whole_session_key') }} as session_key,
        -- The log names the prompt where the span has its trace alone.
        coalesce(max(turn_key), min(whole_turn_key)) as turn_key,
        min(context_key) as context_key,
        min(started_at) as started_at,
        min(sequence) as sequence,
        max(duration_ms) as duration_ms,
        min(tool) as tool,
        min(command_class) as command_class,
        min(target_key) as target_key,
        min(commit_sha) as commit_sha,
        -- Told to have failed by one of them, it failed.
        case
            when max(exit_code) <> 0 or min(case when is_success then 1 when not is_success then 0 end) = 0 then false
            when count(is_success) + count(exit_code) > 0 then true
        end as is_success,
        max(exit_code) as exit_code,
        min(error_type) as error_type,
        {{ sum_count('1') }} as times_told
    from in_sessions
    group by account, pool_day, tool_key
    having min(day) = pool_day
)

select * from final
