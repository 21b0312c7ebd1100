with records as (
    {{ counting_records('github_copilot', 'ai_credit_report') }}
),

-- An empty cell of the export means "nobody" or "none"; the platform has words for that.
final as (
    select
        -- ids
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        lower({{ empty_is_null('username') }}) as login,
        lower({{ empty_is_null('organization') }}) as organization,
        {{ empty_is_null('repository') }} as repository,
        {{ empty_is_null('cost_center_name') }} as cost_center,
        lower(product) as product,
        lower(sku) as sku,
        {{ empty_is_null('model') }} as model,
        lower(unit_type) as unit_type,

        -- money and quantities, as decimals from the text that was sent
        quantity,
        cast(applied_cost_per_quantity as {{ money_type() }}) as unit_price_usd,
        cast(gross_amount as {{ money_type() }}) as gross_usd,
        cast(discount_amount as {{ money_type() }}) as discount_usd,
        cast(net_amount as {{ money_type() }}) as net_usd,

        -- tokens; absent before GitHub added the columns
        input as uncached_input_tokens,
        cache_read as cache_read_tokens,
        cache_write as cache_write_tokens,
        output as output_tokens
    from records
)

select * from final
