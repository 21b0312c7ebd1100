with records as (
    {{ counting_records('custom_agents', 'usage') }}
),

worded as (
    select
        *,
        lower({{ empty_is_null('unit') }}) as unit_word,
        upper(coalesce({{ empty_is_null('currency') }}, 'USD')) as currency_code,
        {{ empty_is_null('principal') }} as principal_id
    from records
),

final as (
    select
        -- ids
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        case when principal_id like '%@%' then lower(principal_id) else principal_id end as principal,
        coalesce(
            {{ empty_is_null('principal_kind') }},
            case when principal_id is null then 'unattributed' when principal_id like '%@%' then 'person' else 'machine' end
        ) as principal_kind,
        coalesce({{ empty_is_null('model') }}, '(not split)') as model,
        coalesce({{ empty_is_null('project') }}, '(none)') as project,
        coalesce({{ empty_is_null('cost_center') }}, '(none)') as cost_center,
        coalesce({{ empty_is_null('surface') }}, '(not split)') as surface,

        -- what was used: dollars, another currency (unknown here: rates are no business of a day), or the vendor's own unit
        amount,
        coalesce(unit_word, '(not split)') as unit,
        case when unit_word in ('currency', 'usd') then currency_code end as currency,
        case
            when unit_word in ('currency', 'usd') and currency_code = 'USD' then cast(amount as {{ money_type() }})
        end as amount_usd,
        case when unit_word not in ('currency', 'usd') then cast(amount as {{ money_type() }}) end as credits,

        -- counts
        requests,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_tokens,
        output_tokens,
        reasoning_tokens
    from worded
)

select * from final
