-- A member who left is gone from the list of members, and still named as the owner of keys.
with sightings as (
    select account, user_id, day, email, is_service_account from {{ ref('stg_openai__users') }}
    union all
    select account, owner_user_id, day, owner_email, false
    from {{ ref('stg_openai__project_api_keys') }}
    where owner_user_id is not null
),

observed as (
    select account, user_id, day, max(email) as email, bool_or(is_service_account) as is_service_account
    from sightings
    group by account, user_id, day
),

-- An address that is hidden on a day is the one last seen before, else the one first seen after.
known as (
    select
        account,
        user_id,
        day,
        coalesce(
            last_value(email ignore nulls) over (partition by account, user_id order by day),
            first_value(email ignore nulls) over (
                partition by account, user_id order by day rows between current row and unbounded following
            )
        ) as email,
        is_service_account
    from observed
),

compared as (
    select
        *,
        row_number() over (partition by account, user_id order by day) as place,
        lag(concat_ws('|', email, is_service_account)) over (partition by account, user_id order by day) as said_before
    from known
),

changes as (
    select * from compared where place = 1 or said_before is distinct from concat_ws('|', email, is_service_account)
),

final as (
    select
        account,
        user_id,
        email,
        is_service_account,
        case when place = 1 then cast('0001-01-01' as date) else day end as valid_from,
        coalesce(lead(day) over (partition by account, user_id order by day), cast('9999-12-31' as date)) as valid_to
    from changes
)

select * from final
