{% set counts = ['records_before', 'records_after'] %}
{% set moneys = [
    'consumption_usd_before', 'consumption_usd_after', 'billed_usd_before', 'billed_usd_after', 'credits_before', 'credits_after',
    'consumption_usd_moved', 'billed_usd_moved',
] %}

with restatements as (
    select * from {{ ref('int_restatements') }}
),

told_days as (
    select * from {{ ref('int_privacy_told_days') }}
),

-- A day whose totals are told with others', or not told, is not told here either.
untold as (
    select distinct vendor, account, day
    from told_days
    where told_on is null or told_on <> day or published_vendor <> vendor or published_account <> account
),

-- A day that others are told with: its own totals are theirs subtracted.
pooled as (
    select distinct told_days.vendor, told_days.account, told_days.told_on as day
    from told_days
    where told_days.told_on <> told_days.day
),

marked as (
    select
        restatements.*,
        untold.day is null
        and pooled.day is null
        and (restatements.records_before = 0 or restatements.records_before >= {{ var('k') }})
        and (restatements.records_after = 0 or restatements.records_after >= {{ var('k') }})
        and (
            restatements.records_after = restatements.records_before
            or abs(restatements.records_after - restatements.records_before) >= {{ var('k') }}
        ) as is_told
    from restatements
    left join untold
        on restatements.vendor = untold.vendor and restatements.account = untold.account and restatements.day = untold.day
    left join pooled
        on restatements.vendor = pooled.vendor and restatements.account = pooled.account and restatements.day = pooled.day
),

final as (
    select
        vendor,
        stream,
        account,
        day,
        generation,
        superseded_by,
        restated_on,
        days_after,
        cause,
        {% for count in counts %}case when is_told then {{ count }} end as {{ count }}, {% endfor %}
        {% for money in moneys %}case when is_told then {{ money }} end as {{ money }}, {% endfor %}
        not is_told as suppressed,
        data_status
    from marked
)

select * from final
