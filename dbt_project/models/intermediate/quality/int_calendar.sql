-- From before any history that a vendor keeps, to the end of the month of knowledge.
with days as (
    {{ dbt.date_spine(
        'day',
        "cast('2024-01-01' as date)",
        dbt.dateadd('month', 1, "cast(" ~ dbt.date_trunc('month', as_of()) ~ " as date)")
    ) }}
),

final as (
    select
        cast(date_day as date) as day,
        cast({{ dbt.date_trunc('week', 'date_day') }} as date) as week,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month
    from days
)

select * from final
