with records as (
    {{ counting_records('github_copilot', 'user_days') }}
),

final as (
    select
        -- ids
        _account as account,
        _day as day,
        _generation as generation,
        user_id as github_id,
        lower(user_login) as login,
        enterprise_id,

        -- measures
        ai_credits_used as credits,
        user_initiated_interaction_count as interactions,
        code_generation_activity_count as generations,
        code_acceptance_activity_count as acceptances,
        loc_added_sum as lines_added,

        -- use by surface; the old name of the cloud agent stays valid
        used_chat,
        used_agent,
        used_cli,
        used_copilot_app,
        coalesce(used_copilot_cloud_agent, used_copilot_coding_agent) as used_cloud_agent,
        used_copilot_code_review_active as used_code_review,

        -- breakdowns, unfolded in stg_github_copilot__user_day_features
        totals_by_feature,
        totals_by_cli,
        totals_by_copilot_app,
        totals_by_3rd_party_agent
    from records
)

select * from final
