with daily_usage as (
    select * from {{ ref('stg_cursor__daily_usage') }}
),

-- Somebody who left and came back is listed under two ids with one address.
summed as (
    select
        account,
        day,
        email,
        {% for column in [
            'composer_requests', 'chat_requests', 'agent_requests', 'inline_edits', 'tabs_shown', 'applies', 'tabs_accepted', 'accepts'
        ] %}
        {{ sum_count(column) }} as {{ column }},
        {% endfor %}
        max(case when is_active then 1 when not is_active then 0 end) as is_active
    from daily_usage
    where email is not null
    group by account, day, email
),

-- A count that is absent is unknown; the sum of counts is unknown only where all of them are.
final as (
    select
        account,
        day,
        email as principal,
        case
            when coalesce(composer_requests, chat_requests, agent_requests, inline_edits) is not null
                then coalesce(composer_requests, 0) + coalesce(chat_requests, 0) + coalesce(agent_requests, 0) + coalesce(inline_edits, 0)
        end as interactions,
        case when coalesce(tabs_shown, applies) is not null then coalesce(tabs_shown, 0) + coalesce(applies, 0) end as generations,
        case when coalesce(tabs_accepted, accepts) is not null then coalesce(tabs_accepted, 0) + coalesce(accepts, 0) end as acceptances,
        coalesce(
            is_active = 1,
            coalesce(composer_requests, 0) + coalesce(chat_requests, 0) + coalesce(agent_requests, 0) + coalesce(inline_edits, 0)
            + coalesce(tabs_shown, 0) + coalesce(applies, 0) > 0
        ) as is_active
    from summed
)

select * from final
