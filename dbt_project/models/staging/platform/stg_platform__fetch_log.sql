with fetch_log as (
    select * from {{ source('platform', 'fetch_log') }}
),

known as (
    select
        vendor,
        stream,
        account,
        window_start,
        window_end,
        attempted_at,
        cast(attempted_at as date) as attempted_on,
        outcome,
        detail,
        generation
    from fetch_log
    where cast(attempted_at as date) <= {{ as_of() }}
)

select * from known
