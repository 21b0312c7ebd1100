with dictionary as (
    select * from {{ ref('metric_dictionary') }}
),

final as (
    select metric, table_name, definition, unit, sql, caveat
    from dictionary
)

select * from final
