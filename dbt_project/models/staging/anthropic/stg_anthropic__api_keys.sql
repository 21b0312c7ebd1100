with records as (
    {{ counting_records('anthropic', 'api_keys') }}
),

-- From API version 2026-10-21 on the workspace is in `scope`, real also for the default workspace.
final as (
    select
        _account as account,
        _day as day,
        id as api_key_id,
        name,
        status,
        coalesce({{ empty_is_null('workspace_id') }}, {{ empty_is_null('scope.workspace_id') }}, '(default workspace)') as workspace_id,
        coalesce(principal.type, created_by.type) as owner_type,
        coalesce(principal.id, created_by.id) as owner_id,
        created_at,
        expires_at
    from records
)

select * from final
