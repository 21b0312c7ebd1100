with records as (
    {{ newest_statement('hr', 'roster') }}
),

final as (
    select
        _account as account,
        employee_id,
        lower(email) as email,
        lower({{ empty_is_null('github_login') }}) as github_login,
        team,
        {{ empty_is_null('division') }} as division,
        {{ empty_is_null('cost_center') }} as cost_center,
        {{ empty_is_null('segment') }} as segment,
        {{ empty_is_null('manager_id') }} as manager_id,
        {{ empty_is_null('entity') }} as entity,
        valid_from,
        {{ or_open_end('valid_to') }} as valid_to
    from records
)

select * from final
