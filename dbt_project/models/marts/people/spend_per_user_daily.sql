with spend as (
    select * from {{ ref('int_spend_people') }}
),

activity as (
    select * from {{ ref('int_person_activity') }}
),

stream_days as (
    select stream_days.*
    from {{ ref('int_stream_days') }} as stream_days
    inner join {{ ref('ledger_streams') }} as streams
        on stream_days.vendor = streams.vendor and stream_days.stream = streams.stream and streams.measure = 'activity'
),

spent as (
    select
        day, vendor, principal_key, team, segment, is_person,
        consumption_usd, billed_usd, effective_usd, credits,
        cast(null as bigint) as interactions,
        -- Credits of a day without a price are use of unknown worth.
        coalesce(consumption_usd, credits, 0) > 0 and is_person as is_active,
        data_status
    from spend
),

-- People who used what costs nothing are here too, with unknown money.
acted as (
    select
        activity.day, activity.vendor, activity.person_id as principal_key, activity.team, activity.segment, true as is_person,
        cast(null as {{ money_type() }}) as consumption_usd,
        cast(null as {{ money_type() }}) as billed_usd,
        cast(null as {{ money_type() }}) as effective_usd,
        cast(null as {{ money_type() }}) as credits,
        activity.interactions,
        activity.is_active,
        stream_days.status as data_status
    from activity
    left join stream_days
        on activity.vendor = stream_days.vendor
        and activity.account = stream_days.account
        and activity.day = stream_days.day
),

together as (
    select * from spent
    union all
    select * from acted
),

final as (
    select
        day,
        principal_key as person_key,
        team,
        vendor,
        min(segment) as segment,
        min(case when is_person then 1 else 0 end) = 1 as is_person,
        {{ sum_money('consumption_usd') }} as consumption_usd,
        {{ sum_money('billed_usd') }} as billed_usd,
        {{ sum_money('effective_usd') }} as effective_usd,
        {{ sum_money('credits') }} as credits,
        {{ sum_count('interactions') }} as interactions,
        max(case when is_active then 1 else 0 end) = 1 as active,
        {{ worst_status('data_status') }} as data_status
    from together
    group by day, principal_key, team, vendor
)

select * from final
