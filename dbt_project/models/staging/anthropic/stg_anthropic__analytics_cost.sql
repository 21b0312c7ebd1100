with records as (
    {{ counting_records('anthropic', 'analytics_cost') }}
),

final as (
    select
        -- ids
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        {{ claude_caller() }},
        lower({{ empty_is_null('"group".cost_type') }}) as cost_type,
        lower({{ empty_is_null('"group".token_type') }}) as token_type,

        -- money: cents in the report
        {{ cents_to_usd('cost.list_amount') }} as consumption_usd,
        {{ cents_to_usd('cost.amount') }} as billed_usd,
        upper(cost.currency) as currency
    from records
)

select * from final
