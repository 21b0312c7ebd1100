with records as (
    {{ newest_statement('company', 'invoice_lines') }}
),

taken_back as (
    select _account, vendor, invoice_id from ({{ newest_statement('company', 'invoices') }}) as invoices where coalesce(void, false)
),

final as (
    select
        records._account as company,
        trim(records.vendor) as vendor,
        trim(records.invoice_id) as invoice_id,
        trim(records.line_id) as line_id,
        records.kind,
        {{ empty_is_null('records.account') }} as account,
        {{ empty_is_null('records.description') }} as description,
        {{ empty_is_null('records.plan') }} as plan,
        {{ empty_is_null('records.sku') }} as sku,
        records.quantity,
        records.unit_price,
        records.amount,
        records.tax,
        records.service_start,
        records.service_end
    from records
    left join taken_back
        on records._account = taken_back._account
        and records.vendor = taken_back.vendor
        and records.invoice_id = taken_back.invoice_id
    where taken_back.invoice_id is null
)

select * from final
