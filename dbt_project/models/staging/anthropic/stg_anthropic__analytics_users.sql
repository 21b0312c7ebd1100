with records as (
    {{ counting_records('anthropic', 'analytics_users') }}
),

final as (
    select
        _account as account,
        _day as day,
        "user".id as user_id,
        lower({{ empty_is_null('"user".email_address') }}) as email,
        coalesce(chat_metrics.message_count, 0) + coalesce(cowork_metrics.message_count, 0) + coalesce(design_metrics.message_count, 0)
        + coalesce(science_metrics.message_count, 0) + coalesce(office_metrics.excel.message_count, 0)
        + coalesce(office_metrics.outlook.message_count, 0) + coalesce(office_metrics.powerpoint.message_count, 0)
        + coalesce(office_metrics.word.message_count, 0) as messages,
        claude_code_metrics.core_metrics.distinct_session_count as sessions,
        claude_code_metrics.core_metrics.commit_count as commits,
        claude_code_metrics.core_metrics.pull_request_count as pull_requests,
        coalesce(claude_code_metrics.tool_actions.edit_tool.accepted_count, 0) + coalesce(claude_code_metrics.tool_actions.multi_edit_tool.accepted_count, 0)
        + coalesce(claude_code_metrics.tool_actions.write_tool.accepted_count, 0) + coalesce(claude_code_metrics.tool_actions.notebook_edit_tool.accepted_count, 0) as accepted,
        coalesce(claude_code_metrics.tool_actions.edit_tool.rejected_count, 0) + coalesce(claude_code_metrics.tool_actions.multi_edit_tool.rejected_count, 0)
        + coalesce(claude_code_metrics.tool_actions.write_tool.rejected_count, 0) + coalesce(claude_code_metrics.tool_actions.notebook_edit_tool.rejected_count, 0) as rejected
    from records
)

select * from final
