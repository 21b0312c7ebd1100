with book as (
    select * from {{ ref('price_book') }}
),

contracts as (
    select * from {{ ref('stg_company__contracts') }}
),

-- A share off what the vendor itself lists: of everything, or of the SKU that the contract names.
discounted as (
    select
        contracts.vendor,
        contracts.account,
        contracts.contract_id,
        contracts.plan,
        contracts.sku,
        book.item,
        book.price_class,
        book.above_input_tokens,
        greatest(contracts.valid_from, book.applies_from) as applies_from,
        least(contracts.valid_to, book.applies_to) as applies_to,
        book.list_usd,
        {{ times('book.list_usd', "cast(100 as decimal(9, 0)) - contracts.amount") }} as hundredfold,
        'USD' as currency,
        book.unit
    from contracts
    inner join book
        on contracts.vendor = book.provider
        and contracts.valid_from < book.applies_to
        and contracts.valid_to > book.applies_from
        and (contracts.sku = '(all)' or contracts.sku like book.item || '%')
        and book.item not like 'seat%'
        and book.item not like 'included%'
    where contracts.item = 'discount' and contracts.unit = 'percent'
),

-- A price of its own: of a seat or a fee, in the contract's currency.
agreed as (
    select
        vendor, account, contract_id, plan, sku, item, 'item' as price_class, cast(0 as bigint) as above_input_tokens, valid_from as applies_from,
        valid_to as applies_to, cast(null as {{ money_type() }}) as list_usd, cast(amount as {{ money_type() }}) as negotiated_price, currency, unit
    from contracts
    where item in ('seat', 'fee') and unit <> 'percent'
),

final as (
    select
        vendor, account, contract_id, item, plan, sku, price_class, above_input_tokens, applies_from, applies_to, list_usd,
        {{ times('hundredfold', "cast('0.01' as decimal(3, 2))") }} as negotiated_price, currency, unit
    from discounted
    union all
    select
        vendor, account, contract_id, item, plan, sku, price_class, above_input_tokens, applies_from, applies_to, list_usd, negotiated_price,
        currency, unit
    from agreed
)

select * from final
