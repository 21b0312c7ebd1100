with spend as (
    select * from {{ ref('int_spend_people') }}
),

days as (
    select * from {{ ref('int_privacy_days') }}
),

vendor_weeks as (
    select * from {{ ref('int_vendor_weeks') }}
),

memory as (
    select * from {{ ref('int_privacy_memory') }}
),

-- A week is told of teams once it has ended and settled for every vendor that it holds money of: a vendor that came later could be
-- subtracted from what was told of all vendors together. What was told once stays told.
final as (
    select days.week
    from spend
    inner join days on spend.day = days.day
    left join vendor_weeks on spend.vendor = vendor_weeks.vendor and days.iso_week = vendor_weeks.week
    group by days.week
    having min(case when vendor_weeks.is_settled then 1 else 0 end) = 1
    union
    select week from memory
)

select * from final
