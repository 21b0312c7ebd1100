with user_days as (
    select * from {{ ref('stg_github_copilot__user_days') }}
),

by_feature as (
    select account, day, github_id, login, unnest(totals_by_feature) as entry
    from user_days
),

-- GitHub's documents keep CLI and app out of this list, a sample has them in it: they come from their own totals below, once.
editor as (
    select
        account,
        day,
        github_id,
        login,
        'ide' as surface,
        entry.feature as feature,
        entry.user_initiated_interaction_count as interactions,
        entry.code_acceptance_activity_count as acceptances,
        entry.loc_added_sum as lines_added
    from by_feature
    where entry.feature not in ('copilot_cli', 'copilot_app')
),

command_line as (
    select
        account, day, github_id, login, 'cli' as surface, 'copilot_cli' as feature,
        totals_by_cli.prompt_count as interactions, cast(null as bigint) as acceptances, cast(null as bigint) as lines_added
    from user_days
    where totals_by_cli is not null
),

app as (
    select
        account, day, github_id, login, 'app' as surface, 'copilot_app' as feature,
        totals_by_copilot_app.prompt_count as interactions, cast(null as bigint) as acceptances, cast(null as bigint) as lines_added
    from user_days
    where totals_by_copilot_app is not null
),

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
    select * from command_line
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
