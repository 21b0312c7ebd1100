with calendar as (
    select * from {{ ref('int_calendar') }}
),

final as (
    select
        day,
        week,
        month,
        cast({{ dbt.date_trunc('quarter', 'day') }} as date) as quarter,
        cast(extract(year from day) as bigint) as year,
        cast(extract(isodow from day) as bigint) as weekday,
        extract(isodow from day) >= 6 as is_weekend,
        {{ dbt.dateadd('day', 7, 'week') }} <= {{ as_of() }} as week_has_ended,
        {{ dbt.dateadd('month', 1, 'month') }} <= {{ as_of() }} as month_has_ended
    from calendar
)

select * from final
