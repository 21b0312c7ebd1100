with records as (
    {{ counting_records('openai', 'users') }}
),

final as (
    select
        _account as account,
        _day as day,
        id as user_id,
        nullif(lower(trim(email)), '') as email,
        role,
        coalesce(is_service_account, false) as is_service_account,
        {{ unix_instant('added_at') }} as added_at
    from records
)

select * from final
