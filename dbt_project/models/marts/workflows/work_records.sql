with sessions as (
    select * from {{ ref('int_agent_sessions') }}
),

links as (
    select * from {{ ref('int_task_links') }} where is_counted
),

tasks as (
    select * from {{ ref('int_work_tasks') }}
),

changes as (
    select * from {{ ref('int_task_changes') }}
),

pull_requests as (
    select * from {{ ref('int_pull_requests') }}
),

costs as (
    select * from {{ ref('int_work_costs') }} where session_key is not null
),

rosters as (
    select distinct employee_id, lower(trim(email)) as email from {{ ref('stg_hr__roster') }} where email is not null
),

cloud_sessions as (
    select * from {{ ref('stg_git_delivery__agent_sessions') }}
),

cloud_changes as (
    select * from {{ ref('int_agent_task_pull_requests') }}
),

cloud_costs as (
    select * from {{ ref('int_cloud_session_costs') }}
),

paid as (
    select
        telemetry_account,
        session_key,
        {{ sum_money('effective_usd') }} as effective_usd,
        {{ sum_money("case when cost_method = 'direct' then effective_usd end") }} as direct_usd,
        {{ sum_count("case when cost_method = 'none' then calls else 0 end") }} as calls_without_cost,
        {{ only_value('vendor') }} as vendor,
        {{ only_value('coalesce(person_id, principal)') }} as principal,
        min(principal_kind) as principal_kind
    from costs
    group by telemetry_account, session_key
),

linked as (
    select
        links.account,
        links.session_key,
        count(distinct links.task_key) as tasks,
        string_agg(distinct links.task_key, ', ' order by links.task_key) as task_ids,
        string_agg(distinct links.method, ', ' order by links.method) as link_methods,
        min(links.confidence) as link_confidence,
        {{ only_value('tasks.outcome') }} as only_outcome,
        max(case when tasks.outcome = 'completed' then 1 else 0 end) = 1 as any_completed
    from links
    inner join tasks on links.task_key = tasks.task_key
    group by links.account, links.session_key
),

opened as (
    select
        links.account,
        links.session_key,
        string_agg(distinct changes.change_key, ', ' order by changes.change_key) as pull_requests,
        min(pull_requests.agent_log_page) as agent_log_page
    from links
    inner join changes on links.task_key = changes.task_key
    left join pull_requests
        on changes.account = pull_requests.account and changes.pull_request_id = pull_requests.pull_request_id
    where links.change_key is null or links.change_key = changes.change_key
    group by links.account, links.session_key
),

told as (
    select
        sessions.account,
        sessions.account || ':' || cast(sessions.session_key as varchar) as record_id,
        'telemetry' as source,
        sessions.session_id,
        sessions.is_session_guessed,
        sessions.emitter,
        cast(sessions.first_at as date) as day,
        cast(date_diff('second', sessions.first_at, sessions.last_at) as bigint) as duration_seconds,
        coalesce(
            paid.principal,
            'hr:' || rosters.employee_id,
            'mail:' || lower(sessions.principal_email),
            'otlp:' || coalesce(sessions.principal_id, sessions.principal_account_id),
            sessions.service
        ) as person_key,
        coalesce(
            paid.principal_kind,
            case when coalesce(sessions.principal_email, sessions.principal_id, sessions.principal_account_id) is null then 'machine' else 'person' end
        ) as principal_kind,
        sessions.workflow_id,
        sessions.workflow_run_id,
        sessions.run_attempt as attempt,
        linked.task_ids,
        linked.link_methods,
        linked.link_confidence,
        sessions.repositories as repository,
        sessions.branches as branch,
        opened.pull_requests,
        sessions.ci_runs,
        coalesce(sessions.first_ci_run_url, opened.agent_log_page) as log_page,
        sessions.models,
        sessions.model_switches,
        sessions.turns,
        sessions.prompts as human_turns,
        sessions.calls,
        sessions.tool_calls,
        sessions.retries + sessions.failed_attempts as retries,
        sessions.errors,
        sessions.test_runs,
        sessions.failed_test_runs,
        sessions.last_test_passed,
        sessions.human_approvals,
        sessions.human_rejections,
        sessions.commits,
        case
            when linked.session_key is null then 'unlinked'
            when linked.only_outcome is not null then linked.only_outcome
            when linked.any_completed then 'completed_in_part'
            else 'several'
        end as outcome,
        sessions.uncached_input_tokens,
        sessions.cache_read_tokens,
        sessions.cache_write_tokens,
        sessions.output_tokens,
        cast(null as {{ money_type() }}) as credits,
        sessions.estimated_usd,
        paid.effective_usd,
        case
            when paid.effective_usd is null then 'none'
            when paid.direct_usd = paid.effective_usd then 'direct'
            else 'allocated'
        end as cost_method,
        coalesce(paid.calls_without_cost, 0) as calls_without_cost,
        paid.vendor
    from sessions
    left join paid on sessions.account = paid.telemetry_account and sessions.session_key = paid.session_key
    left join linked on sessions.account = linked.account and sessions.session_key = linked.session_key
    left join opened on sessions.account = opened.account and sessions.session_key = opened.session_key
    left join rosters on lower(sessions.principal_email) = rosters.email
),

cloud_opened as (
    select
        cloud_changes.account,
        cloud_changes.task_id,
        string_agg(distinct changes.change_key, ', ' order by changes.change_key) as pull_requests,
        string_agg(distinct changes.task_key, ', ' order by changes.task_key) as task_ids,
        {{ only_value('tasks.outcome') }} as only_outcome
    from cloud_changes
    inner join changes on cloud_changes.account = changes.account and cloud_changes.pull_request_id = changes.pull_request_id
    inner join tasks on changes.task_key = tasks.task_key
    group by cloud_changes.account, cloud_changes.task_id
),

-- Copilot's cloud agent tells of its sessions itself: credits, branch and pull requests, and nothing of calls or tools.
cloud as (
    select
        cloud_sessions.account,
        cloud_sessions.account || ':' || cloud_sessions.session_id as record_id,
        'cloud_agent' as source,
        cloud_sessions.session_id,
        false as is_session_guessed,
        'copilot' as emitter,
        cast(cloud_sessions.created_at as date) as day,
        cast(date_diff('second', cloud_sessions.created_at, cloud_sessions.completed_at) as bigint) as duration_seconds,
        coalesce(cloud_costs.person_id, 'github_copilot:' || cast(cloud_sessions.user_id as varchar)) as person_key,
        'person' as principal_kind,
        cast(null as varchar) as workflow_id,
        cloud_sessions.task_id as workflow_run_id,
        row_number() over (
            partition by cloud_sessions.account, cloud_sessions.task_id order by cloud_sessions.created_at, cloud_sessions.session_id
        ) as attempt,
        opened.task_ids,
        case when opened.task_id is not null then 'explicit_change' end as link_methods,
        case when opened.task_id is not null then {{ link_confidence("'explicit_change'") }} end as link_confidence,
        cloud_sessions.repository,
        cloud_sessions.head_branch as branch,
        opened.pull_requests,
        cast(null as varchar) as ci_runs,
        cast(null as varchar) as log_page,
        cloud_sessions.model as models,
        cast(0 as bigint) as model_switches,
        {% for column in [
            'turns', 'human_turns', 'calls', 'tool_calls', 'retries', 'errors', 'test_runs', 'failed_test_runs'
        ] %}
        cast(null as bigint) as {{ column }},
        {% endfor %}
        cast(null as boolean) as last_test_passed,
        {% for column in ['human_approvals', 'human_rejections', 'commits'] %}
        cast(null as bigint) as {{ column }},
        {% endfor %}
        case
            when cloud_sessions.state in ('failed', 'timed_out', 'cancelled') and opened.task_id is null then 'no_artefact'
            when opened.task_id is null then 'unlinked'
            else coalesce(opened.only_outcome, 'several')
        end as outcome,
        {% for column in ['uncached_input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'output_tokens'] %}
        cast(null as bigint) as {{ column }},
        {% endfor %}
        cloud_costs.credits,
        cast(null as {{ money_type() }}) as estimated_usd,
        cloud_costs.effective_usd,
        case when cloud_costs.effective_usd is null then 'none' else 'direct' end as cost_method,
        cast(0 as bigint) as calls_without_cost,
        'github_copilot' as vendor
    from cloud_sessions
    left join cloud_opened as opened on cloud_sessions.account = opened.account and cloud_sessions.task_id = opened.task_id
    left join cloud_costs on cloud_sessions.account = cloud_costs.account and cloud_sessions.session_id = cloud_costs.session_id
),

final as (
    select * from told
    union all
    select * from cloud
)

select * from final
