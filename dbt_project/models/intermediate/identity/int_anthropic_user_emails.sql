-- The directory before other sightings of the same day.
with sightings as (
    select account, day, user_id, email, 1 as priority from {{ ref('stg_anthropic__users') }} where email is not null
    union all
    select account, day, user_id, email, 2 as priority from {{ ref('stg_anthropic__analytics_users') }} where email is not null
    union all
    select account, day, user_id, email, 3 as priority from {{ ref('stg_anthropic__spend_limits') }} where email is not null
    union all
    select account, day, user_id, email, 4 as priority from {{ ref('stg_anthropic__team_spend') }} where email is not null
),

of_the_day as (
    select account, day, user_id, email
    from (
        select *, row_number() over (partition by account, day, user_id order by priority, email) as place from sightings
    ) as ranked
    where place = 1
),

changes as (
    select account, day, user_id, email
    from (
        select *, lag(email) over (partition by account, user_id order by day) as email_before from of_the_day
    ) as compared
    where email_before is null or email <> email_before
),

-- Who left is not listed any more and stays known by the last address; days before the first sighting have the first one.
final as (
    select
        account,
        user_id,
        email,
        case
            when row_number() over (partition by account, user_id order by day) = 1 then cast('0001-01-01' as date) else day
        end as valid_from,
        coalesce(lead(day) over (partition by account, user_id order by day), cast('9999-12-31' as date)) as valid_to
    from changes
)

select * from final
