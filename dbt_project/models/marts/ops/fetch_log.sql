with fetch_log as (
    select * from {{ ref('stg_platform__fetch_log') }}
),

final as (
    select vendor, stream, account, window_start, window_end, attempted_at, outcome, detail, generation
    from fetch_log
)

select * from final
