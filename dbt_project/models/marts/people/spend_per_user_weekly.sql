with user_days as (
    select * from {{ ref('spend_per_user_daily') }}
),

calendar as (
    select * from {{ ref('int_calendar') }}
),

weeks as (
    select * from {{ ref('int_vendor_weeks') }}
),

final as (
    select
        calendar.week,
        user_days.person_key,
        user_days.team,
        user_days.vendor,
        min(user_days.segment) as segment,
        min(case when user_days.is_person then 1 else 0 end) = 1 as is_person,
        {{ sum_money('user_days.consumption_usd') }} as consumption_usd,
        {{ sum_money('user_days.billed_usd') }} as billed_usd,
        {{ sum_money('user_days.effective_usd') }} as effective_usd,
        {{ sum_money('user_days.credits') }} as credits,
        {{ sum_count('user_days.interactions') }} as interactions,
        {{ sum_count('case when user_days.active then 1 else 0 end') }} as active_days,
        max(case when user_days.active then 1 else 0 end) = 1 as active,
        min(weeks.data_status) as data_status,
        {{ complete_share('user_days.data_status', 'user_days.consumption_usd', 'user_days.billed_usd') }} as complete_share
    from user_days
    inner join calendar on user_days.day = calendar.day
    left join weeks on user_days.vendor = weeks.vendor and calendar.week = weeks.week
    group by calendar.week, user_days.person_key, user_days.team, user_days.vendor
)

select * from final
