with user_days as (
    select * from {{ ref('stg_github_copilot__user_days') }}
),

entries as (
    select account, day, github_id, login, unnest(totals_by_feature) as entry
    from user_days
),

by_feature as (
    select
        account,
        day,
        github_id,
        login,
        entry.feature as feature,
        entry.user_initiated_interaction_count as interactions,
        entry.code_acceptance_activity_count as acceptances,
        entry.loc_added_sum as lines_added,
        -- Records hold entries whose counts are all 0: nobody used those.
        coalesce(entry.user_initiated_interaction_count, 0) <> 0 or coalesce(entry.code_generation_activity_count, 0) <> 0
        or coalesce(entry.code_acceptance_activity_count, 0) <> 0 or coalesce(entry.loc_added_sum, 0) <> 0
        or coalesce(entry.loc_deleted_sum, 0) <> 0 as is_used
    from entries
),

editor as (
    select account, day, github_id, login, 'ide' as surface, feature, interactions, acceptances, lines_added
    from by_feature
    where is_used and feature not in ('copilot_cli', 'copilot_app')
),

-- GitHub's documents keep CLI and app out of that list, its examples have them in it, beside totals of their own: prompts are read from
-- the totals and never added up from both; what was accepted and written stands in the list only.
{% for surface, feature, totals in [('cli', 'copilot_cli', 'totals_by_cli'), ('app', 'copilot_app', 'totals_by_copilot_app')] %}
{{ surface }} as (
    select
        user_days.account,
        user_days.day,
        user_days.github_id,
        user_days.login,
        '{{ surface }}' as surface,
        '{{ feature }}' as feature,
        coalesce(user_days.{{ totals }}.prompt_count, listed.interactions) as interactions,
        listed.acceptances,
        listed.lines_added
    from user_days
    left join by_feature as listed
        on user_days.account = listed.account
        and user_days.day = listed.day
        and user_days.github_id = listed.github_id
        and listed.feature = '{{ feature }}'
    where listed.is_used
        or coalesce(user_days.{{ totals }}.prompt_count, 0) <> 0
        or coalesce(user_days.{{ totals }}.request_count, 0) <> 0
        or coalesce(user_days.{{ totals }}.session_count, 0) <> 0
),

{% endfor %}
agents as (
    select account, day, github_id, login, unnest(totals_by_3rd_party_agent) as entry
    from user_days
),

-- The count is of jobs started; the agent's name can change, so the stable id joins it.
third_party as (
    select
        account, day, github_id, login, 'background_agent' as surface,
        'agent ' || entry.agent_id as feature,
        entry.user_initiated_interaction_count as interactions, cast(null as bigint) as acceptances, cast(null as bigint) as lines_added
    from agents
    where coalesce(entry.user_initiated_interaction_count, 1) <> 0
),

cloud_agent as (
    select
        account, day, github_id, login, 'background_agent' as surface, 'copilot_cloud_agent' as feature,
        cast(null as bigint) as interactions, cast(null as bigint) as acceptances, cast(null as bigint) as lines_added
    from user_days
    where used_cloud_agent
),

code_review as (
    select
        account, day, github_id, login, 'code_review' as surface, 'copilot_code_review' as feature,
        cast(null as bigint) as interactions, cast(null as bigint) as acceptances, cast(null as bigint) as lines_added
    from user_days
    where used_code_review
),

final as (
    select * from editor
    union all
    select * from cli
    union all
    select * from app
    union all
    select * from third_party
    union all
    select * from cloud_agent
    union all
    select * from code_review
)

select * from final
