with spend as (
    select * from {{ ref('int_spend') }}
),

stream_days as (
    select * from {{ ref('int_stream_days') }}
),

generations as (
    select * from {{ ref('stg_platform__generations') }}
),

totals as (
    select * from {{ ref('int_generation_totals') }}
),

streams as (
    select * from {{ source('platform', 'streams') }}
),

cursor_spend as (
    select * from {{ ref('stg_cursor__spend') }}
),

contracts as (
    select * from {{ ref('stg_company__contracts') }}
),

-- Use that a pool covers, seats and fees that come whatever is used, and all other use.
summed as (
    select
        vendor,
        account,
        stream,
        {{ forecast_component() }} as component,
        day,
        {{ sum_money('consumption_usd') }} as consumption_usd,
        {{ sum_money('billed_usd') }} as billed_usd
    from spend
    group by vendor, account, stream, {{ forecast_component() }}, day
),

-- Streams that tell of money; where one stream is one component, its earlier answers are known by their totals.
components as (
    select
        vendor, account, component, stream,
        sum(billed_usd) is not null as has_bill,
        sum(consumption_usd) is not null as has_consumption,
        count(*) over (partition by vendor, account, stream) = 1 and count(*) over (partition by vendor, account, component) = 1 as is_alone
    from summed
    group by vendor, account, component, stream
    having sum(billed_usd) is not null or sum(consumption_usd) is not null
),

arrivals as (
    select
        vendor, stream, account, day, generation, fetched_on, complete,
        min(fetched_on) over (partition by vendor, stream, account) as first_fetched_on,
        lead(fetched_on) over (partition by vendor, stream, account, day order by fetched_at, generation) as next_fetched_on
    from generations
),

-- What the first run read of the past counts from when it would have come, had anybody asked.
known_days as (
    select
        stream_days.vendor,
        stream_days.account,
        stream_days.stream,
        stream_days.day,
        arrivals.generation,
        arrivals.next_fetched_on is null as is_newest,
        case
            when arrivals.next_fetched_on is null then stream_days.status in ('provisional', 'complete') else arrivals.complete
        end as is_whole,
        case
            when arrivals.fetched_on = arrivals.first_fetched_on
                then least(
                    arrivals.fetched_on,
                    cast({{ dbt.dateadd('day', 'cast(coalesce(streams.available_after_days, 0) as integer) + 1', 'stream_days.day') }} as date)
                )
            else arrivals.fetched_on
        end as known_from,
        coalesce(arrivals.next_fetched_on, cast('9999-12-31' as date)) as known_until
    from stream_days
    inner join arrivals
        on stream_days.vendor = arrivals.vendor
        and stream_days.stream = arrivals.stream
        and stream_days.account = arrivals.account
        and stream_days.day = arrivals.day
    inner join streams on stream_days.vendor = streams.vendor and stream_days.stream = streams.stream
    where stream_days.generation is not null
        and coalesce(arrivals.next_fetched_on > arrivals.fetched_on, true)
),

-- Cursor tells when its cycle began, a contract for any other vendor whose included use begins anew with a cycle.
anchors as (
    select vendor, account, max(anchor_day) as anchor_day
    from (
        select
            'cursor' as vendor, account, extract(day from cycle_started_at) as anchor_day,
            row_number() over (partition by account order by day desc, cycle_started_at desc) as place
        from cursor_spend
        where cycle_started_at is not null
        union all
        select vendor, account, extract(day from cycle_anchor) as anchor_day, 1 as place
        from contracts
        where vendor not in ('cursor', 'github_copilot')
            and item = 'allowance' and unit = 'usd_per_seat_cycle' and cycle_anchor is not null and account <> '(all)'
    ) as told
    where place = 1
    group by vendor, account
),

-- A day that is known and has no row is a day without use.
final as (
    select
        components.vendor,
        components.account,
        components.component,
        known_days.day,
        max(known_days.known_from) as known_from,
        max(known_days.known_until) as known_until,
        min(case when known_days.is_whole then 1 else 0 end) = 1 as is_whole,
        {% for money in ['consumption', 'billed'] %}
        {{ sum_money(
            'case when known_days.is_newest then coalesce(summed.' ~ money ~ '_usd, case when components.has_'
            ~ ('bill' if money == 'billed' else money) ~ ' then 0 end) else totals.' ~ money ~ '_usd end'
        ) }} as {{ money }}_usd,
        {% endfor %}
        max(cast(anchors.anchor_day as bigint)) as cycle_anchor_day
    from components
    inner join known_days
        on components.vendor = known_days.vendor
        and components.account = known_days.account
        and components.stream = known_days.stream
        and (components.is_alone or known_days.is_newest)
    left join summed
        on components.vendor = summed.vendor
        and components.account = summed.account
        and components.stream = summed.stream
        and components.component = summed.component
        and known_days.day = summed.day
    left join totals
        on known_days.vendor = totals.vendor
        and known_days.stream = totals.stream
        and known_days.account = totals.account
        and known_days.day = totals.day
        and known_days.generation = totals.generation
    left join anchors on components.vendor = anchors.vendor and components.account = anchors.account
    group by components.vendor, components.account, components.component, known_days.day,
        case when components.is_alone then known_days.known_from end
)

select * from final
