with user_days as (
    select * from {{ ref('stg_github_copilot__user_days') }}
),

person_days as (
    select * from {{ ref('int_person_days') }} where vendor = 'github_copilot'
),

-- A record is not an active day: many hold no interaction at all.
final as (
    select
        person_days.vendor,
        user_days.account,
        user_days.day,
        person_days.person_id,
        person_days.team,
        person_days.segment,
        {{ sum_count('user_days.interactions') }} as interactions,
        {{ sum_count('user_days.generations') }} as generations,
        {{ sum_count('user_days.acceptances') }} as acceptances,
        max(case when coalesce(user_days.interactions, 0) + coalesce(user_days.generations, 0) > 0 then 1 else 0 end) = 1 as is_active
    from user_days
    inner join person_days
        on user_days.account = person_days.account
        and user_days.day = person_days.day
        and user_days.login = person_days.login
    group by person_days.vendor, user_days.account, user_days.day, person_days.person_id, person_days.team, person_days.segment
)

select * from final
