with records as (
    {{ newest_statement('company', 'key_owners') }}
),

final as (
    select
        _account as company,
        trim(vendor) as vendor,
        {{ or_all('account') }} as account,
        key_kind,
        trim(key) as key,
        -- An erased owner is none.
        nullif({{ empty_is_null('owner_employee_id') }}, '(erased)') as owner_employee_id,
        {{ empty_is_null('owner_team') }} as owner_team,
        {{ empty_is_null('cost_center') }} as cost_center,
        environment,
        {{ empty_is_null('workflow_id') }} as workflow_id,
        valid_from,
        {{ or_open_end('valid_to') }} as valid_to
    from records
)

select * from final
