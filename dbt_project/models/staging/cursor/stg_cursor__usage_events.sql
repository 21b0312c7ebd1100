with records as (
    {{ counting_records('cursor', 'usage_events') }}
),

final as (
    {{ cursor_usage_events('records') }}
)

select * from final
