with records as (
    {{ newest_statement('company', 'identity_map') }}
),

final as (
    select
        _account as company,
        trim(employee_id) as employee_id,
        trim(vendor) as vendor,
        {{ or_all('account') }} as account,
        identifier_kind,
        -- Mail addresses and logins are the same in upper and lower case; ids are not.
        case when identifier_kind in ('email', 'login') then lower(trim(identifier)) else trim(identifier) end as identifier,
        valid_from,
        {{ or_open_end('valid_to') }} as valid_to
    from records
    -- What is left of an erased person ties nothing to anybody.
    where employee_id <> '(erased)' and identifier <> '(erased)'
)

select * from final
