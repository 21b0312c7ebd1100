with records as (
    {{ counting_records('anthropic', 'users') }}
),

final as (
    select
        _account as account,
        _day as day,
        id as user_id,
        lower({{ empty_is_null('email') }}) as email,
        role,
        added_at
    from records
)

select * from final
