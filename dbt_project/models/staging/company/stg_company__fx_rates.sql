with records as (
    {{ newest_statement('company', 'fx_rates') }}
),

final as (
    select
        _account as company,
        day,
        from_currency,
        to_currency,
        rate,
        source
    from records
)

select * from final
