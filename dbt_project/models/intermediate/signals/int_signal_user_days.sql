-- Every person's day against their own past, after taking away what moved everybody that day.
with usage as (
    select * from {{ ref('int_signal_usage') }}
),

vendor_days as (
    select * from {{ ref('int_signal_vendor_days') }}
),

sound as (
    select usage.*, ln(usage.amount + 0.05) as level, vendor_days.after_outage
    from usage
    inner join vendor_days on usage.day_number = vendor_days.day_number and usage.vendor = vendor_days.vendor
    where usage.in_time and not vendor_days.is_faulty
),

-- Thirteen weeks of the person's own active days, the judged day not among them.
centred as (
    select
        *,
        {{ median_over('level', 'before') }} as usual_level,
        count(*) over before as usual_days
    from sound
    window before as (partition by vendor, user_key order by day_number range between 91 preceding and 1 preceding)
),

common as (
    select
        day_number,
        vendor,
        median(level - usual_level) as common_shift,
        count(*) as people
    from centred
    where usual_days >= 8
    group by day_number, vendor
),

-- A weekday, a holiday, a price step move everybody; with few people the day tells little, and is believed as much.
moved as (
    select
        centred.*,
        centred.level - centred.usual_level - coalesce(common.common_shift * common.people / (common.people + 5.0), 0) as deviation
    from centred
    left join common on centred.day_number = common.day_number and centred.vendor = common.vendor
),

-- The spread of one person is known badly: it leans on the spread of all.
spread as (
    select
        *,
        sum(least(deviation * deviation, 2.25)) over before as squares,
        count(*) over before as spread_days
    from moved
    where usual_days >= 4
    window before as (partition by vendor, user_key order by day_number range between 91 preceding and 1 preceding)
),

final as (
    select
        day_number,
        vendor,
        user_key,
        team,
        amount,
        usual_days,
        after_outage,
        greatest(exp(level - deviation) - 0.05, 0) as expected,
        amount - greatest(exp(level - deviation) - 0.05, 0) as excess,
        sqrt((coalesce(squares, 0) + 15 * 0.6) / (spread_days + 15)) as spread,
        deviation / sqrt((coalesce(squares, 0) + 15 * 0.6) / (spread_days + 15)) as z
    from spread
    where usual_days >= 8
)

select * from final
