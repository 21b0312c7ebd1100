with records as (
    {{ counting_records('anthropic', 'claude_code') }}
),

parts as (
    select _account, _day, _record, unnest(model_breakdown) as part from records
),

-- A model that is not priced has no estimate; the sum of the others would be too low, so it is unknown then.
estimates as (
    select
        _account,
        _day,
        _record,
        case when count(*) = count(part.estimated_cost.amount) then {{ sum_money('part.estimated_cost.amount') }} end as cents
    from parts
    group by _account, _day, _record
),

final as (
    select
        records._account as account,
        records._day as day,
        records._generation as generation,
        records._record as record,
        actor.type as actor_type,
        lower({{ empty_is_null('actor.email_address') }}) as email,
        actor.api_key_name,
        customer_type,
        terminal_type,
        is_remote,
        core_metrics.num_sessions as sessions,
        core_metrics.lines_of_code.added as lines_added,
        core_metrics.commits_by_claude_code as commits,
        core_metrics.pull_requests_by_claude_code as pull_requests,
        coalesce(tool_actions.edit_tool.accepted, 0) + coalesce(tool_actions.multi_edit_tool.accepted, 0)
        + coalesce(tool_actions.write_tool.accepted, 0) + coalesce(tool_actions.notebook_edit_tool.accepted, 0) as accepted,
        coalesce(tool_actions.edit_tool.rejected, 0) + coalesce(tool_actions.multi_edit_tool.rejected, 0)
        + coalesce(tool_actions.write_tool.rejected, 0) + coalesce(tool_actions.notebook_edit_tool.rejected, 0) as rejected,
        {{ cents_to_usd('estimates.cents') }} as estimated_usd
    from records
    left join estimates on records._account = estimates._account and records._day = estimates._day and records._record = estimates._record
)

select * from final
