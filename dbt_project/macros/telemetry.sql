{# A dotted version as text that sorts by its numbers; NULL for an unknown one. #}
{% macro version_key(version) -%}
    (lpad(split_part({{ version }}, '.', 1), 6, '0')
    || lpad(split_part({{ version }}, '.', 2), 6, '0')
    || lpad(split_part(split_part({{ version }}, '.', 3), '-', 1), 6, '0'))
{%- endmacro %}

{#
    A model's name as model_prices has it. Vendors write one model in many ways: "Auto: Claude Haiku 4.5" (Copilot), claude-4.5-sonnet and
    claude-opus-4-8-thinking-high (Cursor; how hard a model thinks has no price of its own), us.anthropic.claude-sonnet-4-5-20250929-v1:0 (Bedrock),
    vertex_ai/claude-sonnet-4-5@20250929, gpt-6.1-sol-2026-09-29. A "-fast" stays: it has another price.
#}
{% macro model_key(model) -%}
    {%- set plain = "regexp_replace(replace(regexp_replace(lower(trim(" ~ model ~ ")), '^auto: ', ''), ' ', '-'), '-v[0-9]+:[0-9]+$', '')" -%}
    {%- set named = "regexp_replace(regexp_replace(" ~ plain ~ ", '^.*[/:]', ''), '^([a-z]+[.])?anthropic[.]', '')" -%}
    {%- set dated = "regexp_replace(" ~ named ~ ", '(-latest|[-@]20[0-9]{6}|-20[0-9]{2}-[0-9]{2}-[0-9]{2})$', '')" -%}
    {%- set key = "regexp_replace(" ~ dated ~ ", '-thinking(-(low|medium|high|xhigh|max))?$', '')" -%}
    case
        when {{ model }} is null then null
        when {{ key }} like 'claude-%' and regexp_extract({{ key }}, '^claude-([0-9.-]+)-(opus|sonnet|haiku|fable)', 2) <> ''
            then replace(
                'claude-' || regexp_extract({{ key }}, '^claude-([0-9.-]+)-(opus|sonnet|haiku|fable)', 2)
                || '-' || regexp_extract({{ key }}, '^claude-([0-9.-]+)-(opus|sonnet|haiku|fable)', 1)
                || regexp_extract({{ key }}, '^claude-([0-9.-]+)-(opus|sonnet|haiku|fable)(.*)$', 3),
                '.', '-'
            )
        when {{ key }} like 'claude-%' then replace({{ key }}, '.', '-')
        else {{ key }}
    end
{%- endmacro %}

{# Tokens times a price per million: 0 without tokens, NULL where the price is unknown. #}
{% macro tokens_times(tokens, price) -%}
    case
        when coalesce({{ tokens }}, 0) = 0 then cast(0 as decimal(38, 6))
        else cast(cast({{ tokens }} as decimal(18, 0)) * {{ price }} as decimal(38, 6))
    end
{%- endmacro %}

{# The one value of a group, NULL where it has several: nothing is guessed. #}
{% macro only_value(column) -%}
    case when min({{ column }}) = max({{ column }}) then min({{ column }}) end
{%- endmacro %}

{#
    The records of a staging model with the session and turn that they belong to: their own, else those of their trace on their day, else the trace
    itself.
#}
{% macro in_sessions(records) %}
    select
        records.*,
        coalesce(records.session_key, traces.session_key, records.trace_key) as whole_session_key,
        coalesce(records.turn_key, traces.turn_key, records.trace_key, records.session_key) as whole_turn_key,
        coalesce(records.session_key, traces.session_key) is null as is_session_guessed
    from {{ records }} as records
    left join {{ ref('int_trace_days') }} as traces
        on records.account = traces.account and records.day = traces.day and records.trace_key = traces.trace_key
{% endmacro %}

{#
    Records by the day that they are worked up with: their own, and within ten minutes of midnight the one beside it too. So what two records tell
    of one call is put together although their clocks put them on two days, and a day can be worked up without all others.
#}
{% macro day_pools(records) %}
    select *, day as pool_day
    from {{ records }}
    union all
    select *, cast(day + 1 as date) as pool_day
    from {{ records }}
    where extract(hour from started_at) = 23 and extract(minute from started_at) >= 50
    union all
    select *, cast(day - 1 as date) as pool_day
    from {{ records }}
    where extract(hour from started_at) = 0 and extract(minute from started_at) < 10
{% endmacro %}

{# The (account, day) cells that an incremental model of telemetry works up now: all that forget_stale_cells left none of. #}
{% macro due_cells() %}
    select cells.*
    from {{ ref('int_telemetry_cells') }} as cells
    {% if is_incremental() %}
    left join (select distinct account, day from {{ this }}) as stored
        on cells.account = stored.account and cells.day = stored.day
    where stored.account is null
    {% endif %}
{% endmacro %}

{# The sessions that an incremental model of sessions puts together now: all that forget_stale_cells left none of. #}
{% macro due_sessions() %}
    select cells.*
    from {{ ref('int_session_cells') }} as cells
    {% if is_incremental() %}
    left join (select distinct account, session_key from {{ this }}) as stored
        on cells.account = stored.account and cells.session_key = stored.session_key
    where stored.account is null
    {% endif %}
{% endmacro %}

{# The rows of a relation that are of the due sessions. #}
{% macro of_sessions(rows) %}
    select records.*, due.cell_version as session_version
    from {{ rows }} as records
    inner join due on records.account = due.account and records.session_key = due.session_key
{% endmacro %}

{# The records of a staging model of the due cells themselves. #}
{% macro of_due(records) %}
    select records.*, due.cell_version
    from {{ records }} as records
    inner join due on records.account = due.account and records.day = due.day
{% endmacro %}

{# The records of a staging model that the due cells may need: of their days and of those beside them. #}
{% macro near_due(records) %}
    select records.*
    from {{ records }} as records
    inner join (
        select distinct account, cast(day + step as date) as day
        from due
        cross join (select -1 as step union all select 0 union all select 1) as steps
    ) as near on records.account = near.account and records.day = near.day
{% endmacro %}

{# A model's name as bills and telemetry both have it: Copilot bills "Auto: Claude Sonnet 4.6". #}
{% macro bill_model(model) -%}
    {{ model_key("replace(regexp_replace(lower(" ~ model ~ "), '^auto: *', ''), ' ', '-')") }}
{%- endmacro %}

{# The class of tokens that a line of a bill is for; other where telemetry tells of nothing alike, NULL where the line is for all of them. #}
{% macro token_class(sku) -%}
    case
        -- The cloud agent tells of itself, by its credits.
        when {{ sku }} like '%batch%' or {{ sku }} like 'coding_agent%' then 'other'
        when {{ sku }} like 'tokens:uncached_input%' then 'uncached_input'
        when {{ sku }} like 'tokens:cache_creation%' or {{ sku }} like '%, cache write' then 'cache_write'
        when {{ sku }} like 'tokens:cache_read%' or {{ sku }} like '%, cached input' then 'cache_read'
        when {{ sku }} like 'tokens:output%' or {{ sku }} like '%, output' then 'output'
        when {{ sku }} like '%, input' then 'uncached_input'
        when {{ sku }} in ('web_search', 'code_execution', 'session_usage', 'code interpreter') or {{ sku }} like 'actions%' or {{ sku }} like 'sandbox%'
            then 'other'
    end
{%- endmacro %}

{# Who makes a model, by its name in the price book. #}
{% macro provider_of(model) -%}
    case
        when {{ model }} like 'claude%' then 'anthropic'
        when {{ model }} like 'gpt%' or {{ model }} like 'o1%' or {{ model }} like 'o3%' or {{ model }} like 'o4%' then 'openai'
        when {{ model }} like 'gemini%' then 'google'
        when {{ model }} like 'grok%' then 'xai'
        when {{ model }} like 'mai-%' then 'microsoft'
        else '(unknown)'
    end
{%- endmacro %}
