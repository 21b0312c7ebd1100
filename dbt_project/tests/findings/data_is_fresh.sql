-- Freshness of the data, not of the run: the newest day that is here against the day that should be.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'data_health'}}}) }}

with newest as (
    select vendor, stream, account, max(case when loaded_records is not null then day end) as newest_day
    from {{ ref('data_health') }}
    where coalesce(origin, 'api') = 'api'
    group by vendor, stream, account
)

select newest.vendor, newest.stream, newest.account, newest.newest_day
from newest
inner join {{ source('platform', 'streams') }} as streams on newest.vendor = streams.vendor and newest.stream = streams.stream
inner join {{ source('platform', 'accounts') }} as accounts on newest.vendor = accounts.vendor and newest.account = accounts.account
where accounts.configured
    and (
        newest.newest_day is null
        or {{ dbt.datediff('newest.newest_day', as_of(), 'day') }} > coalesce(streams.available_after_days, 0) + 2
    )
