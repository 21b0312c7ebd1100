with records as (
    {{ counting_records('cursor', 'members') }}
),

final as (
    select
        _account as account,
        _day as day,
        id as user_id,
        lower({{ empty_is_null('email') }}) as email,
        lower(coalesce(role, 'unknown')) as role,
        coalesce(isRemoved, false) as is_removed
    from records
)

select * from final
