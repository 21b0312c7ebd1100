{# Epoch milliseconds as a naive UTC timestamp. #}
{% macro epoch_ms_instant(milliseconds) %}{{ return(adapter.dispatch('epoch_ms_instant')(milliseconds)) }}{% endmacro %}
{% macro default__epoch_ms_instant(milliseconds) -%} timestamp_millis({{ milliseconds }}) {%- endmacro %}
{% macro duckdb__epoch_ms_instant(milliseconds) -%} epoch_ms({{ milliseconds }}) {%- endmacro %}

{# An id of Cursor's; the word null stands for none (seen in real answers). #}
{% macro cursor_id(column) -%}
    nullif({{ empty_is_null(column) }}, 'null')
{%- endmacro %}

{# Records of usage_events with the house's words: the same for the generation that counts and for all that ever did. #}
{% macro cursor_usage_events(records) %}
    select
        -- ids
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        {{ epoch_ms_instant('try_cast("timestamp" as bigint)') }} as occurred_at,
        occurrence,
        lower({{ empty_is_null('userEmail') }}) as email,
        {{ cursor_id('serviceAccountId') }} as service_account_id,
        {{ cursor_id('serviceAccountName') }} as service_account_name,
        {{ cursor_id('cloudAgentId') }} as cloud_agent_id,
        {{ cursor_id('automationId') }} as automation_id,
        {{ cursor_id('conversationId') }} as conversation_id,
        coalesce({{ empty_is_null('model') }}, '(not split)') as model,
        lower(coalesce({{ empty_is_null('kind') }}, '(none)')) as kind,
        coalesce(isHeadless, false) as is_headless,
        coalesce(maxMode, false) as is_max_mode,
        -- Where it is not said, a call that has a price of its tokens is billed by tokens.
        coalesce(isTokenBasedCall, tokenUsage.totalCents is not null) as is_token_based,

        -- money: the model's cost before discount, the fee beside it, and what Cursor charges for the call whoever pays it
        {{ cents_to_usd('tokenUsage.totalCents') }} as list_usd,
        coalesce(cast(tokenUsage.discountPercentOff as {{ money_type() }}), 0) as discount_percent,
        {{ cents_to_usd('cursorTokenFee') }} as token_fee_usd,
        {{ cents_to_usd('chargedCents') }} as charged_usd,
        cast(requestsCosts as {{ money_type() }}) as request_units,

        -- tokens, disjoint; a model without a price for cache writes reports none
        tokenUsage.inputTokens as uncached_input_tokens,
        tokenUsage.cacheReadTokens as cache_read_tokens,
        case when tokenUsage is not null then coalesce(tokenUsage.cacheWriteTokens, 0) end as cache_write_tokens,
        tokenUsage.outputTokens as output_tokens
    from {{ records }}
{% endmacro %}

{#
    Usage events with what they are worth and what of it is billed. `kind` decides, not isChargeable (an errored call was seen with
    isChargeable true and a charge). Worth: the tokens and Cursor's fee at list; on a key of one's own the fee alone, as the tokens are
    on that provider's bill; on a request contract the requests at the price of a request. Billed: the charge of on-demand calls and of the
    fee on one's own key; nothing for included, free and not charged ones; unknown for a kind that no rule names.
#}
{% macro cursor_priced_events(events) %}
    select
        events.*,
        kinds.billing,
        case
            when kinds.billing = 'own_key' then coalesce(events.token_fee_usd, 0)
            when events.is_token_based then cast(events.list_usd + coalesce(events.token_fee_usd, 0) as {{ money_type() }})
            else {{ times('events.request_units', 'prices.usd') }}
        end as consumption_usd,
        case
            when kinds.billing in ('on_demand', 'own_key') then events.charged_usd
            when kinds.billing in ('included', 'free', 'not_charged') then cast(0 as {{ money_type() }})
        end as billed_usd
    from {{ events }} as events
    left join {{ ref('int_cursor_kinds') }} as kinds on events.kind = kinds.kind
    left join {{ ref('int_prices') }} as prices
        on prices.vendor = 'cursor' and prices.item = 'request' and events.day >= prices.valid_from and events.day < prices.valid_to
{% endmacro %}
