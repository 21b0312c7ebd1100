with contributions as (
    select * from {{ ref('int_privacy_contributions') }}
),

days as (
    select * from {{ ref('int_privacy_days') }}
),

-- A vendor is told by itself in a month when every part of the month that has ended passes; the part that runs is decided day by day.
people as (
    select days.month, days.segment, contributions.*
    from contributions
    inner join days on contributions.day = days.day
    where days.segment_has_ended
),

{{ fold('vendor_months', 'people', ['month', 'series'], 'vendor', ['segment']) }},

-- What not even all vendors together may tell is withheld. Series are not merged for it: a seat's price is known, so use would follow.
final as (
    select
        month,
        series,
        vendor,
        case when not is_folded or not fold_passes then vendor when all_folded then '(all vendors)' else '(other vendors)' end as published_vendor,
        is_folded and not fold_passes as is_withheld
    from vendor_months
)

select * from final
