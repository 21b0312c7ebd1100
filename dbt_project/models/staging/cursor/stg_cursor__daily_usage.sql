with records as (
    {{ counting_records('cursor', 'daily_usage') }}
),

final as (
    select
        _account as account,
        _day as day,
        userId as legacy_user_id,
        lower({{ empty_is_null('email') }}) as email,
        isActive as is_active,
        composerRequests as composer_requests,
        chatRequests as chat_requests,
        agentRequests as agent_requests,
        cmdkUsages as inline_edits,
        bugbotUsages as bugbot_uses,
        totalApplies as applies,
        totalAccepts as accepts,
        totalRejects as rejects,
        totalTabsShown as tabs_shown,
        totalTabsAccepted as tabs_accepted,
        totalLinesAdded as lines_added,
        acceptedLinesAdded as accepted_lines_added,
        -- Counts of events and no billable units.
        subscriptionIncludedReqs as included_events,
        usageBasedReqs as on_demand_events,
        apiKeyReqs as own_key_events
    from records
)

select * from final
