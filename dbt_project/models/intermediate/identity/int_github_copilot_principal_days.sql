with spend as (
    select account, day, principal as login from {{ ref('int_spend') }} where vendor = 'github_copilot' and principal_kind = 'person'
),

user_days as (
    select * from {{ ref('stg_github_copilot__user_days') }}
),

seats as (
    select * from {{ ref('stg_github_copilot__seats') }}
),

logins as (
    select * from {{ ref('int_github_logins') }}
),

principal_days as (
    select account, day, login from spend
    union
    select account, day, login from user_days where login not like '%[bot]'
    union
    select account, day, login from seats where login not like '%[bot]'
),

-- A report of the day itself knows the id; a bill knows the login only.
reported_ids as (
    select account, day, login, min(github_id) as github_id
    from (
        select account, day, login, github_id from user_days
        union all
        select account, day, login, github_id from seats
    ) as reported
    group by account, day, login
),

final as (
    select
        'github_copilot' as vendor,
        principal_days.account,
        principal_days.day,
        principal_days.login as principal,
        coalesce(reported_ids.github_id, logins.github_id) as github_id
    from principal_days
    left join reported_ids
        on principal_days.account = reported_ids.account
        and principal_days.day = reported_ids.day
        and principal_days.login = reported_ids.login
    left join logins
        on principal_days.login = logins.login
        and principal_days.day >= logins.valid_from
        and principal_days.day < logins.valid_to
)

select * from final
