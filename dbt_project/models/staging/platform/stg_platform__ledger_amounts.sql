{#
    Which streams carry money, and what each record of theirs says of whom: the one list to grow when a ledger stream comes.
    `counted` is a quantity beside the amount, `copy` says that the record is the same again in every field.
#}
{% set streams = [
    {
        'vendor': 'github_copilot', 'stream': 'ai_credit_report', 'member': "coalesce(nullif(username, ''), '(pool)')",
        'model': 'model', 'line': "concat_ws('|', sku, model)", 'amount': 'gross_amount', 'counted': 'quantity',
    },
    {'vendor': 'github_copilot', 'stream': 'user_days', 'member': 'user_id', 'model': "''", 'line': "''", 'amount': 'ai_credits_used', 'counted': 'ai_credits_used'},
    {
        'vendor': 'anthropic', 'stream': 'analytics_cost', 'amount': 'cost.list_amount',
        'member': '"group".actor.user_id, "group".actor.service_account_id, "group".actor.api_key_id, "group".api_key_id',
        'model': '"group".model', 'line': "concat_ws('|', \"group\".model, \"group\".token_type)",
    },
    {
        'vendor': 'anthropic', 'stream': 'cost_report', 'member': "concat_ws('|', workspace_id, description)",
        'model': 'model', 'line': "concat_ws('|', model, token_type)", 'amount': 'amount',
    },
    {'vendor': 'anthropic', 'stream': 'team_spend', 'member': 'user_email', 'model': 'model', 'line': 'model', 'amount': 'total_gross_spend_usd'},
    {
        'vendor': 'cursor', 'stream': 'usage_events', 'member': "nullif(userEmail, ''), serviceAccountId", 'model': 'model', 'line': 'model',
        'amount': 'coalesce(tokenUsage.totalCents, requestsCosts)', 'copy': 'occurrence > 1',
    },
    {
        'vendor': 'openai', 'stream': 'costs', 'member': "user_id, api_key_id, concat_ws('|', project_id, line_item)", 'model': "split_part(line_item, ',', 1)", 'line': 'line_item',
        'amount': 'amount.value',
    },
    {'vendor': 'openrouter', 'stream': 'activity', 'member': 'user_id, api_key_hash, endpoint_id', 'model': 'model_permaslug', 'line': 'model_permaslug', 'amount': '"usage"'},
    {'vendor': 'litellm', 'stream': 'spend_logs', 'member': 'nullif("user", \'\'), api_key', 'model': 'model', 'line': 'model', 'amount': 'spend'},
    {'vendor': 'custom_agents', 'stream': 'usage', 'member': 'principal', 'model': 'model', 'line': 'model', 'amount': 'amount'},
] %}

with final as (
    {% for stream in streams %}
    select
        '{{ stream.vendor }}' as vendor,
        '{{ stream.stream }}' as stream,
        _account as account,
        _day as day,
        _generation as generation,
        cast(coalesce({{ stream.member }}) as varchar) as member,
        cast({{ stream.model }} as varchar) as model,
        coalesce(cast({{ stream.line }} as varchar), '') as line,
        cast({{ stream.amount }} as {{ money_type() }}) as amount,
        cast({{ stream.get('counted', 'null') }} as {{ money_type() }}) as counted,
        coalesce({{ stream.get('copy', 'false') }}, false) as is_copy
    from {{ source(stream.vendor, stream.stream) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
