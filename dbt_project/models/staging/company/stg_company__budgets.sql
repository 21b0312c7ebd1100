with records as (
    {{ newest_statement('company', 'budgets') }}
),

final as (
    select
        _account as company,
        scope,
        {{ or_all('scope_id') }} as scope_id,
        {{ or_all('vendor') }} as vendor,
        month,
        amount,
        currency
    from records
)

select * from final
