with status as (
    select * from {{ ref('int_budget_status') }}
),

final as (
    select
        month,
        scope,
        scope_id,
        vendor,
        budget_usd,
        cast(spent_usd as {{ money_type() }}) as spent_usd,
        cast(spent_share as decimal(18, 6)) as spent_share,
        {% for money in ['forecast_usd', 'forecast_low_usd', 'forecast_high_usd'] %}
        cast(round({{ money }}, 2) as {{ money_type() }}) as {{ money }},
        {% endfor %}
        stage,
        early_warning_on,
        review_on,
        policy_on,
        is_restated
    from status
)

select * from final
