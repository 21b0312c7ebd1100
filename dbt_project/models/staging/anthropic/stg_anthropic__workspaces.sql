with records as (
    {{ counting_records('anthropic', 'workspaces') }}
),

-- A tag is free text: these spellings name the cost centre.
final as (
    select
        _account as account,
        _day as day,
        id as workspace_id,
        name,
        coalesce(
            {{ empty_is_null('tags.cost_center') }}, {{ empty_is_null('tags."cost-center"') }}, {{ empty_is_null('tags.costcenter') }}
        ) as cost_center,
        {{ empty_is_null('tags.team') }} as team,
        coalesce({{ empty_is_null('tags.env') }}, {{ empty_is_null('tags.environment') }}) as environment,
        archived_at
    from records
)

select * from final
