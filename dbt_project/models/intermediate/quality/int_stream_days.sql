with streams as (
    select * from {{ source('platform', 'streams') }}
),

accounts as (
    select * from {{ source('platform', 'accounts') }}
),

generations as (
    select * from {{ ref('stg_platform__generations') }}
),

current_generations as (
    select * from {{ ref('stg_platform__current_generations') }}
),

held_generations as (
    select * from {{ ref('stg_platform__held_generations') }}
),

fetch_log as (
    select * from {{ ref('stg_platform__fetch_log') }}
),

calendar as (
    select * from {{ ref('int_calendar') }}
),

-- A stream is expected of an account once it was asked for, or if it is the account's declared ledger.
pairs as (
    select vendor, stream, account from generations
    union
    select vendor, stream, account from fetch_log
    union
    select vendor, ledger as stream, account from accounts where configured
),

first_seen as (
    select vendor, stream, account, min(day) as first_seen_on
    from (
        select vendor, stream, account, day from generations
        union all
        select vendor, stream, account, window_start as day from fetch_log
    ) as seen
    group by vendor, stream, account
),

expectations as (
    select
        pairs.vendor,
        pairs.stream,
        pairs.account,
        streams.settle_days,
        streams.available_after_days,
        streams.reach_days,
        coalesce(accounts.configured, false) and streams.route <> 'file' as is_asked,
        streams."window" = 'snapshot' as is_snapshot,
        first_seen.first_seen_on,
        greatest({{ start_date() }}, coalesce(streams.first_day, {{ start_date() }})) as first_expected_on,
        -- The last day that should be here by now.
        case
            when streams."window" = 'snapshot' then {{ as_of() }}
            else cast({{ as_of() }} - cast(coalesce(streams.available_after_days, 0) + 1 as integer) as date)
        end as last_due_on
    from pairs
    inner join streams on pairs.vendor = streams.vendor and pairs.stream = streams.stream
    left join accounts on pairs.vendor = accounts.vendor and pairs.account = accounts.account
    left join first_seen
        on pairs.vendor = first_seen.vendor and pairs.stream = first_seen.stream and pairs.account = first_seen.account
),

-- Expected days, and whatever else has data: a file may reach back before start_date, a fresh day may come before it is due.
stream_days as (
    select expectations.vendor, expectations.stream, expectations.account, calendar.day
    from expectations
    inner join calendar on calendar.day >= expectations.first_expected_on and calendar.day <= expectations.last_due_on
    where expectations.is_asked
    union
    select vendor, stream, account, day from current_generations
    union
    select vendor, stream, account, day from held_generations
),

-- A day is held where the generation that would count is not believed; a good one that came after it ends that.
held_days as (
    select vendor, stream, account, day, kind
    from (
        select
            generations.vendor, generations.stream, generations.account, generations.day, held_generations.kind,
            row_number() over (
                partition by generations.vendor, generations.stream, generations.account, generations.day
                order by generations.complete desc, generations.fetched_at desc, generations.generation desc
            ) as place
        from generations
        left join held_generations
            on generations.vendor = held_generations.vendor
            and generations.stream = held_generations.stream
            and generations.account = held_generations.account
            and generations.day = held_generations.day
            and generations.generation = held_generations.generation
    ) as ranked
    where place = 1 and kind is not null
),

attempts as (
    select
        fetch_log.vendor,
        fetch_log.stream,
        fetch_log.account,
        calendar.day,
        fetch_log.attempted_at,
        fetch_log.attempted_on,
        fetch_log.outcome,
        -- Of attempts at one instant the one that brought something counts.
        case fetch_log.outcome
            when 'landed' then 1 when 'unchanged' then 1 when 'partial' then 2 when 'not_available' then 3 when 'not_ready' then 4 else 5
        end as outcome_rank
    from fetch_log
    inner join calendar on calendar.day >= fetch_log.window_start and calendar.day < fetch_log.window_end
),

newest_attempts as (
    select vendor, stream, account, day, outcome
    from (
        select
            *,
            row_number() over (
                partition by vendor, stream, account, day order by attempted_at desc, outcome_rank
            ) as place
        from attempts
    ) as ranked
    where place = 1
),

first_complete as (
    select vendor, stream, account, day, min(fetched_on) as first_complete_on
    from generations
    where complete
    group by vendor, stream, account, day
),

-- An unchanged answer confirms what is held as much as a new one.
confirmations as (
    select vendor, stream, account, day, max(confirmed_on) as confirmed_on
    from (
        select vendor, stream, account, day, attempted_on as confirmed_on from attempts where outcome in ('landed', 'unchanged')
        union all
        select vendor, stream, account, day, fetched_on as confirmed_on from generations where complete
    ) as confirming
    group by vendor, stream, account, day
),

-- Late means that it was asked for when it was due and was not there; a day that is first asked for much later is not late.
late as (
    select distinct attempts.vendor, attempts.stream, attempts.account, attempts.day
    from attempts
    inner join expectations
        on attempts.vendor = expectations.vendor
        and attempts.stream = expectations.stream
        and attempts.account = expectations.account
    left join first_complete
        on attempts.vendor = first_complete.vendor
        and attempts.stream = first_complete.stream
        and attempts.account = first_complete.account
        and attempts.day = first_complete.day
    where attempts.outcome in ('not_ready', 'partial', 'failed')
        and not expectations.is_snapshot
        and {{ dbt.datediff('attempts.day', 'attempts.attempted_on', 'day') }} > coalesce(expectations.available_after_days, 0)
        and (first_complete.first_complete_on is null or attempts.attempted_on <= first_complete.first_complete_on)
),

joined as (
    select
        stream_days.vendor,
        stream_days.stream,
        stream_days.account,
        stream_days.day,
        expectations.is_asked,
        expectations.is_snapshot,
        expectations.settle_days,
        expectations.reach_days,
        expectations.first_seen_on,
        current_generations.generation,
        current_generations.complete,
        current_generations.records as loaded_records,
        current_generations.quarantined_records,
        current_generations.origin,
        newest_attempts.outcome as newest_outcome,
        held_days.kind as held_kind,
        confirmations.confirmed_on,
        first_complete.first_complete_on,
        late.day is not null and first_complete.first_complete_on is not null as arrived_late
    from stream_days
    inner join expectations
        on stream_days.vendor = expectations.vendor
        and stream_days.stream = expectations.stream
        and stream_days.account = expectations.account
    left join current_generations
        on stream_days.vendor = current_generations.vendor
        and stream_days.stream = current_generations.stream
        and stream_days.account = current_generations.account
        and stream_days.day = current_generations.day
    left join held_days
        on stream_days.vendor = held_days.vendor
        and stream_days.stream = held_days.stream
        and stream_days.account = held_days.account
        and stream_days.day = held_days.day
    left join newest_attempts
        on stream_days.vendor = newest_attempts.vendor
        and stream_days.stream = newest_attempts.stream
        and stream_days.account = newest_attempts.account
        and stream_days.day = newest_attempts.day
    left join confirmations
        on stream_days.vendor = confirmations.vendor
        and stream_days.stream = confirmations.stream
        and stream_days.account = confirmations.account
        and stream_days.day = confirmations.day
    left join first_complete
        on stream_days.vendor = first_complete.vendor
        and stream_days.stream = first_complete.stream
        and stream_days.account = first_complete.account
        and stream_days.day = first_complete.day
    left join late
        on stream_days.vendor = late.vendor
        and stream_days.stream = late.stream
        and stream_days.account = late.account
        and stream_days.day = late.day
),

-- The median of up to five earlier same weekdays; fewer than three say nothing.
history as (
    select
        joined.vendor,
        joined.stream,
        joined.account,
        joined.day,
        cast(round(percentile_cont(0.5) within group (order by earlier.loaded_records)) as bigint) as expected_records
    from joined
    inner join joined as earlier
        on joined.vendor = earlier.vendor
        and joined.stream = earlier.stream
        and joined.account = earlier.account
        and earlier.complete
        and {{ dbt.datediff('earlier.day', 'joined.day', 'day') }} in (7, 14, 21, 28, 35)
    group by joined.vendor, joined.stream, joined.account, joined.day
    having count(*) >= 3
),

final as (
    select
        joined.vendor,
        joined.stream,
        joined.account,
        joined.day,
        -- A day counts as settled only when it was seen settle_days after it or later: nobody looked later otherwise.
        case
            when joined.held_kind is not null or joined.newest_outcome = 'failed' then 'failed'
            when joined.generation is null
                and (
                    joined.newest_outcome = 'not_available'
                    or (joined.is_snapshot and joined.day < joined.first_seen_on)
                    -- Nobody asked in time, and the vendor keeps no older days.
                    or {{ dbt.datediff('joined.day', as_of(), 'day') }} > joined.reach_days
                )
                then 'not_available'
            when joined.generation is null then 'missing'
            -- A refused record is missing from every figure, whatever the vendor says of its answer.
            when not joined.complete or joined.quarantined_records > 0 then 'partial'
            when not joined.is_snapshot
                and {{ dbt.datediff('joined.day', 'joined.confirmed_on', 'day') }} < coalesce(joined.settle_days, 0)
                then 'provisional'
            else 'complete'
        end as status,
        coalesce(joined.held_kind, case when joined.newest_outcome = 'failed' then 'not_fetched' end) as failed_because,
        joined.arrived_late,
        joined.generation,
        joined.origin,
        joined.first_complete_on,
        joined.confirmed_on,
        cast({{ dbt.datediff('joined.day', 'joined.first_complete_on', 'day') }} as bigint) as lag_days,
        history.expected_records,
        joined.loaded_records,
        joined.quarantined_records
    from joined
    left join history
        on joined.vendor = history.vendor
        and joined.stream = history.stream
        and joined.account = history.account
        and joined.day = history.day
)

select * from final
