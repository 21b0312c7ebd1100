-- What each person used of each vendor, as detection reads it: from the ledger, or from a history that `spend detect` was given.
{% set history = var('history', {}) %}
{% if history %}
with rows_read as (
    select
        cast("day" as integer) as day_number,
        vendor,
        cast(user_id as varchar) as user_key,
        cast(team_id as varchar) as team,
        cast(amount_usd as double) as amount,
        cast(loaded_day as integer) as known_day
    from {{ parquet(history.usage) }}
),
{% else %}
with spend as (
    select * from {{ ref('int_spend_people') }}
    where is_person and series = 'human_usage'
),

stream_days as (
    select * from {{ ref('int_stream_days') }}
),

-- A day that was there when it was due was known in time, also where the platform asked for it only later.
rows_read as (
    select
        cast(spend.day - date '1970-01-01' as integer) as day_number,
        spend.vendor,
        spend.principal_key as user_key,
        spend.team,
        -- Use at list, or what is charged for it where the vendor tells nothing else; a vendor tells one of them.
        cast(coalesce(spend.consumption_usd, spend.billed_usd) as double) as amount,
        cast(spend.day - date '1970-01-01' as integer)
            + case when stream_days.arrived_late then greatest(coalesce(stream_days.lag_days, 2), 2) else 1 end as known_day
    from spend
    left join stream_days
        on spend.vendor = stream_days.vendor
        and spend.account = stream_days.account
        and spend.stream = stream_days.stream
        and spend.day = stream_days.day
),
{% endif %}

-- Days are judged on the morning after, with what was known then. Later rows count as known too late, and in no baseline.
final as (
    select
        day_number,
        vendor,
        user_key,
        max(team) as team,
        coalesce(round(sum(amount) filter (where known_day <= day_number + 1), 6), 0) as amount,
        coalesce(bool_or(known_day <= day_number + 1), false) as in_time
    from rows_read
    where amount > 0
    group by day_number, vendor, user_key
)

select * from final
