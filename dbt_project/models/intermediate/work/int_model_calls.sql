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
    {{ near_due(ref('stg_otlp__model_calls')) }}
),

agent_spans as (
    {{ near_due(ref('stg_otlp__agent_spans')) }}
),

contexts as (
    select account, context_key, max(emitter_version) as emitter_version
    from {{ ref('stg_otlp__contexts') }}
    group by account, context_key
),

sources as (
    select * from {{ ref('otlp_sources') }}
),

prices as (
    select * from {{ ref('int_model_prices') }}
),

pooled as (
    select pools.*, due.cell_version
    from ({{ day_pools('told') }}) as pools
    inner join due on pools.account = due.account and pools.pool_day = due.day
),

in_sessions as (
    {{ in_sessions('pooled') }}
),

-- How the emitter's version means its counts. A source that nobody described is read as the conventions have it, and counts last.
read_as as (
    select
        calls.*,
        coalesce(sources.rank, 9) as rank,
        coalesce(sources.input_holds_cache, true) as input_holds_cache,
        coalesce(sources.output_holds_reasoning, true) as output_holds_reasoning,
        coalesce(sources.is_doubtful, false) as is_doubtful
    from in_sessions as calls
    left join contexts on calls.account = contexts.account and calls.context_key = contexts.context_key
    left join sources
        on calls.emitter = sources.emitter
        and calls.source = sources.source
        and coalesce({{ version_key('contexts.emitter_version') }}, '~') >= coalesce({{ version_key('sources.from_version') }}, '')
        and coalesce({{ version_key('contexts.emitter_version') }}, '~')
            < coalesce({{ version_key(empty_is_null('sources.before_version')) }}, '~~')
),

-- The place that counts for a session on a day, and whether its calls can be recognised elsewhere by the provider's request id.
best as (
    select
        account,
        pool_day,
        emitter,
        whole_session_key,
        min(rank) as best_rank
    from read_as
    group by account, pool_day, emitter, whole_session_key
),

recognisable as (
    select
        read_as.account,
        read_as.pool_day,
        read_as.emitter,
        read_as.whole_session_key,
        best.best_rank,
        min(case when read_as.key_kind = 'request' then 1 else 0 end) = 1 as is_by_request
    from read_as
    inner join best
        on read_as.account = best.account
        and read_as.pool_day = best.pool_day
        and read_as.emitter = best.emitter
        and read_as.whole_session_key is not distinct from best.whole_session_key
        and read_as.rank = best.best_rank
    group by read_as.account, read_as.pool_day, read_as.emitter, read_as.whole_session_key, best.best_rank
),

-- A second place is believed to tell of another call only where both name their requests.
believed as (
    select read_as.*
    from read_as
    inner join recognisable
        on read_as.account = recognisable.account
        and read_as.pool_day = recognisable.pool_day
        and read_as.emitter = recognisable.emitter
        and read_as.whole_session_key is not distinct from recognisable.whole_session_key
    where read_as.rank = recognisable.best_rank
        or (read_as.key_kind = 'request' and recognisable.is_by_request)
),

-- The provider's own span of a request lies below the client's.
server_copies as (
    select distinct servers.account, servers.span_key
    from believed as servers
    inner join believed as clients
        on servers.account = clients.account and servers.parent_key = clients.span_key
    where servers.signal = 'server_span' and clients.signal = 'span'
),

once_per_side as (
    select believed.*
    from believed
    left join server_copies
        on believed.account = server_copies.account and believed.span_key = server_copies.span_key
    where server_copies.span_key is null
),

-- One row per call: the place that counts; of one place told twice the fuller, which is the last frame of a stream.
ranked as (
    select
        *,
        row_number() over (
            partition by account, pool_day, call_key
            order by rank, output_tokens desc nulls last, input_tokens desc nulls last, started_at, signal, context_key
        ) as place,
        count(*) over (partition by account, pool_day, call_key) as times_told,
        max(attempts) over (partition by account, pool_day, call_key) as most_attempts,
        max(model) over (partition by account, pool_day, call_key) as any_model
    from once_per_side
),

leaves as (
    select
        account,
        day,
        call_key,
        emitter,
        source,
        whole_session_key as session_key,
        is_session_guessed,
        whole_turn_key as turn_key,
        trace_key,
        context_key,
        agent_key,
        started_at,
        sequence,
        duration_ms,
        provider,
        operation,
        coalesce(model, any_model) as model,
        requested_model,
        initiator,
        input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        cache_write_1h_tokens,
        output_tokens,
        reasoning_tokens,
        tool_tokens,
        input_holds_cache,
        output_holds_reasoning,
        client_estimated_usd,
        nano_aiu,
        coalesce(most_attempts, 1) as attempts,
        coalesce(is_failed, false) as is_failed,
        error_type,
        cast(times_told as bigint) as times_told,
        is_doubtful,
        false as is_from_parent,
        cell_version
    from ranked
    where place = 1 and day = pool_day
),

-- An agent whose calls nobody told: its own total stands for them. Nowhere else is a parent counted.
spans_in_sessions as (
    {{ in_sessions('agent_spans') }}
),

silent as (
    select spans.*
    from spans_in_sessions as spans
    left join agent_spans as parents
        on spans.account = parents.account
        and spans.parent_key = parents.span_key
        and coalesce(parents.input_tokens, parents.output_tokens) is not null
    where coalesce(spans.input_tokens, spans.output_tokens) is not null
        and parents.span_key is null
),

-- Of the day and of those beside it.
told_sessions as (
    select distinct account, day, whole_session_key from ({{ in_sessions('told') }}) as told_in_sessions
),

told_traces as (
    select distinct account, day, trace_key from told where trace_key is not null
),

parents as (
    select
        silent.account,
        silent.day,
        silent.span_key as call_key,
        silent.emitter,
        'parent' as source,
        silent.whole_session_key as session_key,
        silent.is_session_guessed,
        silent.whole_turn_key as turn_key,
        silent.trace_key,
        silent.context_key,
        silent.agent_key,
        silent.started_at,
        silent.sequence,
        silent.duration_ms,
        cast(null as varchar) as provider,
        cast(null as varchar) as operation,
        silent.model,
        cast(null as varchar) as requested_model,
        cast(null as varchar) as initiator,
        silent.input_tokens,
        silent.cache_read_tokens,
        silent.cache_write_tokens,
        silent.cache_write_1h_tokens,
        silent.output_tokens,
        silent.reasoning_tokens,
        cast(null as bigint) as tool_tokens,
        silent.emitter <> 'claude_code' as input_holds_cache,
        silent.emitter <> 'gemini_cli' as output_holds_reasoning,
        cast(null as {{ money_type() }}) as client_estimated_usd,
        silent.nano_aiu,
        cast(1 as bigint) as attempts,
        coalesce(silent.is_failed, false) as is_failed,
        cast(null as varchar) as error_type,
        cast(1 as bigint) as times_told,
        false as is_doubtful,
        true as is_from_parent,
        due.cell_version
    from silent
    inner join due on silent.account = due.account and silent.day = due.day
    where not exists (
            select 1 from told_sessions
            where told_sessions.account = silent.account
                and told_sessions.whole_session_key = silent.whole_session_key
                and told_sessions.day between cast(silent.day - 1 as date) and cast(silent.day + 1 as date)
        )
        and not exists (
            select 1 from told_traces
            where told_traces.account = silent.account
                and told_traces.trace_key = silent.trace_key
                and told_traces.day between cast(silent.day - 1 as date) and cast(silent.day + 1 as date)
        )
),

calls as (
    select * from leaves
    union all
    select * from parents
),

-- Disjoint classes. An input that is smaller than the cache tokens it should hold was sent without them.
classed as (
    select
        *,
        case
            when input_holds_cache and input_tokens >= coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
                then input_tokens - coalesce(cache_read_tokens, 0) - coalesce(cache_write_tokens, 0)
            else input_tokens
        end + coalesce(tool_tokens, 0) as uncached_input_tokens,
        case
            when output_holds_reasoning then output_tokens
            else output_tokens + coalesce(reasoning_tokens, 0)
        end as all_output_tokens,
        input_holds_cache and input_tokens < coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) as is_input_without_cache
    from calls
),

keyed as (
    select
        *,
        {{ model_key('model') }} as priced_model,
        uncached_input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) as whole_input_tokens
    from classed
),

final as (
    select
        'otlp' as vendor,
        keyed.account,
        keyed.day,
        keyed.cell_version,
        keyed.call_key,
        keyed.emitter,
        keyed.source,
        keyed.session_key,
        keyed.is_session_guessed,
        keyed.turn_key,
        keyed.trace_key,
        keyed.context_key,
        keyed.agent_key,
        keyed.started_at,
        keyed.sequence,
        keyed.duration_ms,
        keyed.provider,
        keyed.operation,
        keyed.model,
        keyed.requested_model,
        keyed.initiator,
        keyed.uncached_input_tokens,
        keyed.cache_read_tokens,
        keyed.cache_write_tokens,
        keyed.cache_write_1h_tokens,
        keyed.all_output_tokens as output_tokens,
        keyed.reasoning_tokens,
        -- A call that told no tokens, as one that failed, is worth an unknown amount.
        case when coalesce(keyed.uncached_input_tokens, keyed.all_output_tokens) is not null then cast(
            (
                {{ tokens_times('keyed.uncached_input_tokens', 'prices.input_usd') }}
                + {{ tokens_times('keyed.cache_read_tokens', 'prices.cache_read_usd') }}
                + {{ tokens_times('keyed.cache_write_tokens - coalesce(keyed.cache_write_1h_tokens, 0)', 'prices.cache_write_usd') }}
                + {{ tokens_times('keyed.cache_write_1h_tokens', 'prices.cache_write_1h_usd') }}
                + {{ tokens_times('keyed.all_output_tokens', 'prices.output_usd') }}
            ) * cast('0.000001' as decimal(7, 6)) as {{ money_type() }}
        ) end as estimated_usd,
        keyed.client_estimated_usd,
        keyed.nano_aiu,
        keyed.attempts,
        keyed.is_failed,
        keyed.error_type,
        keyed.times_told,
        keyed.is_doubtful,
        keyed.is_input_without_cache,
        keyed.is_from_parent
    from keyed
    left join prices
        on keyed.priced_model = prices.model
        and keyed.day >= prices.valid_from
        and keyed.day < prices.valid_to
        and keyed.whole_input_tokens > prices.above_input_tokens - case when prices.above_input_tokens = 0 then 1 else 0 end
        and keyed.whole_input_tokens <= prices.up_to_input_tokens
)

select * from final
