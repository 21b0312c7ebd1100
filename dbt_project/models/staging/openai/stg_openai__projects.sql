with records as (
    {{ counting_records('openai', 'projects') }}
),

final as (
    select
        _account as account,
        _day as day,
        id as project_id,
        name as project_name,
        coalesce(archived_at is not null or lower(status) = 'archived', false) as is_archived,
        {{ unix_instant('created_at') }} as created_at,
        {{ unix_instant('archived_at') }} as archived_at
    from records
)

select * from final
