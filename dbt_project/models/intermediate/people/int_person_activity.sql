with activity as (
    {{ all_vendors(
        'activity', ['account', 'day', 'principal', 'interactions', 'generations', 'acceptances', 'is_active'], named=true
    ) }}
),

person_days as (
    select * from {{ ref('int_person_days') }}
),

final as (
    select
        activity.vendor,
        activity.account,
        activity.day,
        person_days.person_id,
        person_days.team,
        person_days.segment,
        {{ sum_count('activity.interactions') }} as interactions,
        {{ sum_count('activity.generations') }} as generations,
        {{ sum_count('activity.acceptances') }} as acceptances,
        max(case when activity.is_active then 1 else 0 end) = 1 as is_active
    from activity
    inner join person_days
        on activity.vendor = person_days.vendor
        and activity.account = person_days.account
        and activity.day = person_days.day
        and activity.principal = person_days.principal
    group by activity.vendor, activity.account, activity.day, person_days.person_id, person_days.team, person_days.segment
)

select * from final
