with records as (
    {{ counting_records('anthropic', 'cost_report') }}
),

final as (
    select
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        coalesce({{ empty_is_null('workspace_id') }}, '(default workspace)') as workspace_id,
        description,
        {{ empty_is_null('model') }} as model,
        lower({{ empty_is_null('cost_type') }}) as cost_type,
        lower({{ empty_is_null('token_type') }}) as token_type,
        {{ cents_to_usd('amount') }} as billed_usd,
        upper(currency) as currency
    from records
)

select * from final
