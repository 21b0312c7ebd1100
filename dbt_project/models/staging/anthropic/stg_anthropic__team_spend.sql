with records as (
    {{ counting_records('anthropic', 'team_spend') }}
),

final as (
    select
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        lower(trim(account_uuid)) as user_id,
        lower(trim(user_email)) as email,
        lower(replace({{ empty_is_null('product') }}, ' ', '_')) as product,
        {{ empty_is_null('model') }} as model,
        total_requests as requests,
        total_prompt_tokens as input_tokens,
        total_completion_tokens as output_tokens,
        cast(total_gross_spend_usd as {{ money_type() }}) as consumption_usd,
        cast(total_net_spend_usd as {{ money_type() }}) as billed_usd
    from records
)

select * from final
