-- What each person used of each vendor, as detection reads it: from the ledger, or from a history that `spend detect` was given.
{% set history = var('history', {}) %}
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

-- Days are judged on the morning after, with what was known then. Later rows count as known too late, and in no baseline.
final as (
    select
        day_number,
        vendor,
        user_key,
        max(team) as team,
        coalesce(sum(amount) filter (where known_day <= day_number + 1), 0) as amount,
        coalesce(bool_or(known_day <= day_number + 1), false) as in_time
    from rows_read
    where amount > 0
    group by day_number, vendor, user_key
)

select * from final
