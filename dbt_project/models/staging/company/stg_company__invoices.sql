with records as (
    {{ newest_statement('company', 'invoices') }}
),

final as (
    select
        _account as company,
        trim(vendor) as vendor,
        trim(invoice_id) as invoice_id,
        {{ or_all('account') }} as account,
        coalesce({{ empty_is_null('kind') }}, 'invoice') as kind,
        {{ empty_is_null('entity') }} as entity,
        currency,
        period_start,
        period_end,
        issued_on,
        due_on,
        total,
        tax,
        {{ empty_is_null('corrects_invoice_id') }} as corrects_invoice_id,
        coalesce({{ empty_is_null('billed_via') }}, 'direct') as billed_via,
        coalesce({{ empty_is_null('fx_source') }}, 'ecb_day') as fx_source
    from records
    -- Taken back: it was imported by mistake.
    where not coalesce(void, false)
)

select * from final
