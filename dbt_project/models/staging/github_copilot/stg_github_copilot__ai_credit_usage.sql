with records as (
    {{ counting_records('github_copilot', 'ai_credit_usage') }}
),

final as (
    select
        _account as account,
        _day as day,
        _generation as generation,
        lower(product) as product,
        lower(sku) as sku,
        model,
        lower(unitType) as unit_type,
        cast(pricePerUnit as {{ money_type() }}) as unit_price_usd,
        grossQuantity as quantity,
        cast(grossAmount as {{ money_type() }}) as gross_usd,
        cast(discountAmount as {{ money_type() }}) as discount_usd,
        cast(netAmount as {{ money_type() }}) as net_usd
    from records
)

select * from final
