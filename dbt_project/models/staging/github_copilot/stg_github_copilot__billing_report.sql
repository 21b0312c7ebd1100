with records as (
    {{ counting_records('github_copilot', 'billing_report') }}
),

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
        {{ empty_is_null('workflow_path') }} as workflow_path,
        lower(product) as product,
        lower(sku) as sku,
        lower(unit_type) as unit_type,

        -- money and quantities
        quantity,
        cast(applied_cost_per_quantity as {{ money_type() }}) as unit_price_usd,
        cast(gross_amount as {{ money_type() }}) as gross_usd,
        cast(discount_amount as {{ money_type() }}) as discount_usd,
        cast(net_amount as {{ money_type() }}) as net_usd
    from records
)

select * from final
