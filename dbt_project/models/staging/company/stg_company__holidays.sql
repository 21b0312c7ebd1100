with records as (
    {{ newest_statement('company', 'holidays') }}
),

final as (
    select
        _account as company,
        trim(entity) as entity,
        day,
        trim(name) as name
    from records
)

select * from final
