with used as (
    select account, day, user_id, api_key_id from {{ ref('stg_openai__costs') }}
    union
    select account, day, user_id, api_key_id from {{ ref('stg_openai__usage_completions') }}
    union
    select account, day, user_id, api_key_id from {{ ref('stg_openai__usage_other') }}
),

final as (
    select
        used.account,
        used.day,
        coalesce(used.user_id, '') as user_id,
        coalesce(used.api_key_id, '') as api_key_id,
        case
            when keys.owner_type = 'service_account' then used.api_key_id
            when used.user_id is null and keys.owner_user_id is not null and used.day < {{ persons_from() }} then '(erased)'
            else coalesce(used.user_id, keys.owner_user_id, used.api_key_id, '(unattributed)')
        end as principal,
        case
            when keys.owner_type = 'service_account' or members.is_service_account then 'machine'
            when coalesce(used.user_id, keys.owner_user_id) is not null then 'person'
            when used.api_key_id is not null then 'machine'
            else 'unattributed'
        end as principal_kind,
        case when used.api_key_id is not null then 'api_key' else '(unknown)' end as auth_kind
    from used
    left join {{ ref('int_openai_keys') }} as keys
        on used.account = keys.account
        and used.api_key_id = keys.api_key_id
        and used.day >= keys.valid_from
        and used.day < keys.valid_to
    left join {{ ref('int_openai_members') }} as members
        on used.account = members.account
        and used.user_id = members.user_id
        and used.day >= members.valid_from
        and used.day < members.valid_to
)

select * from final
