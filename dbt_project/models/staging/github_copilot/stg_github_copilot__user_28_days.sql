with records as (
    {{ counting_records('github_copilot', 'user_28_days') }}
),

final as (
    select
        _account as account,
        _day as observed_on,
        day,
        user_id as github_id,
        ai_credits_used as credits,
        user_initiated_interaction_count as interactions
    from records
)

select * from final
