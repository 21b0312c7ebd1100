with spend as (
    select account, day, principal from {{ ref('int_spend') }} where vendor = 'anthropic' and principal_kind = 'person'
),

activity as (
    select account, day, principal from {{ ref('int_anthropic_activity') }}
),

seats as (
    select account, day, principal from {{ ref('int_anthropic_seats') }}
),

emails as (
    select * from {{ ref('int_anthropic_user_emails') }}
),

-- What a report tells of a person, for whom no directory ever listed.
told as (
    select account, user_id, min(email) as email
    from (
        select account, user_id, email from {{ ref('stg_anthropic__analytics_cost') }} where email is not null
        union all
        select account, user_id, email from {{ ref('stg_anthropic__analytics_usage') }} where email is not null
    ) as reported
    group by account, user_id
),

principal_days as (
    select account, day, principal from spend
    union
    select account, day, principal from activity
    union
    select account, day, principal from seats
),

final as (
    select
        'anthropic' as vendor,
        principal_days.account,
        principal_days.day,
        principal_days.principal,
        coalesce(
            emails.email,
            told.email,
            -- Claude Code names people by address only.
            case when principal_days.principal like '%@%' then principal_days.principal end
        ) as email
    from principal_days
    left join emails
        on principal_days.account = emails.account
        and principal_days.principal = emails.user_id
        and principal_days.day >= emails.valid_from
        and principal_days.day < emails.valid_to
    left join told on principal_days.account = told.account and principal_days.principal = told.user_id
)

select * from final
