with records as (
    {{ counting_records('openai', 'project_api_keys') }}
),

final as (
    select
        _account as account,
        _day as day,
        project_id,
        id as api_key_id,
        name as key_name,
        lower(owner.type) as owner_type,
        owner.user.id as owner_user_id,
        nullif(lower(trim(owner.user.email)), '') as owner_email,
        owner.service_account.id as service_account_id,
        {{ unix_instant('created_at') }} as created_at,
        {{ unix_instant('last_used_at') }} as last_used_at
    from records
)

select * from final
