with records as (
    {{ newest_statement('company', 'contracts') }}
),

final as (
    select
        _account as company,
        trim(vendor) as vendor,
        {{ or_all('account') }} as account,
        trim(contract_id) as contract_id,
        item,
        {{ or_all('plan') }} as plan,
        {{ or_all('sku') }} as sku,
        amount,
        unit,
        currency,
        quantity,
        cycle_anchor,
        billing_cycle,
        {{ empty_is_null('entity') }} as entity,
        coalesce({{ empty_is_null('billed_via') }}, 'direct') as billed_via,
        valid_from,
        {{ or_open_end('valid_to') }} as valid_to
    from records
)

select * from final
