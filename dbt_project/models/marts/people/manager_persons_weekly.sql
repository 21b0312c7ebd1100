with told as (
    select * from {{ ref('spend_per_user_weekly') }}
),

weeks as (
    select * from {{ ref('int_vendor_weeks') }} where is_settled
),

-- Empty unless the settings name the agreement that allows it: see manager_view.
final as (
    select
        told.week,
        told.team,
        told.person_key,
        {{ sum_money('told.consumption_usd') }} as consumption_usd,
        {{ sum_money('told.effective_usd') }} as effective_usd
    from told
    inner join weeks on told.vendor = weeks.vendor and told.week = weeks.week
    where told.is_person and '{{ var("manager_view") }}' = 'persons'
    group by told.week, told.team, told.person_key
)

select * from final
