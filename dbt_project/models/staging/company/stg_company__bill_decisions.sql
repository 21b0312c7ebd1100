with records as (
    {{ newest_statement('company', 'bill_decisions') }}
),

final as (
    select
        _account as company,
        trim(decision_id) as decision_id,
        trim(vendor) as vendor,
        trim(invoice_id) as invoice_id,
        kind,
        coalesce(amount, 0) as amount,
        decided_on,
        settled_on
    from records
)

select * from final
