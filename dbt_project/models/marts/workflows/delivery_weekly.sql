{% set sides = ['ai', 'rest'] %}

with pull_requests as (
    {{ known_changes() }}
),

services as (
    select repository, min(service) as service
    from (
        select lower(repository) as repository, service
        from {{ ref('stg_company__workflows') }}
        where repository is not null and service is not null
    ) as declared
    group by repository
    having min(service) = max(service)
),

identifiers as (
    select distinct lower(identifier) as identifier from {{ ref('int_known_identifiers') }}
),

task_changes as (
    select * from {{ ref('int_task_changes') }}
),

tasks as (
    select * from {{ ref('int_work_tasks') }}
),

task_costs as (
    select * from {{ ref('int_task_costs') }}
),

work_costs as (
    select principal_kind, person_id, telemetry_account, session_key, day, vendor
    from {{ ref('int_work_costs') }}
    where session_key is not null
),

deployed as (
    select * from {{ ref('int_deployment_pull_requests') }} where is_production
),

incidents as (
    select * from {{ ref('int_incidents') }} where not is_dismissed
),

commits as (
    select * from {{ ref('stg_git_delivery__pr_commits') }}
),

scored as (
    select
        lower(commit_hash) as commit_sha,
        max(coalesce(tab_lines_added, 0) + coalesce(agent_lines_added, 0)) as ai_lines
    from {{ ref('stg_cursor__ai_code_commits') }}
    group by lower(commit_hash)
),

calendar as (
    select * from {{ ref('int_calendar') }}
),

-- A repository is a service where the company says so; one that is called like somebody is not named.
named as (
    select
        repositories.repository,
        case
            when services.service is not null then services.service
            when identifiers.identifier is not null then '(other services)'
            else repositories.repository
        end as service
    from (select distinct repository from pull_requests) as repositories
    left join services on repositories.repository = services.repository
    left join identifiers
        on identifiers.identifier in (split_part(repositories.repository, '/', 1), split_part(repositories.repository, '/', 2))
),

-- Lines of agents: all of a change that an agent led, else what Cursor scored in its commits. A lower bound.
scored_changes as (
    select
        commits.account,
        commits.pull_request_id,
        {{ sum_count('scored.ai_lines') }} as ai_lines,
        count(scored.commit_sha) = count(*) as is_scored
    from commits
    left join scored on lower(commits.commit_sha) = scored.commit_sha
    group by commits.account, commits.pull_request_id
),

changes as (
    select
        pull_requests.*,
        named.service,
        coalesce(tasks.task_class, 'code_change') as task_class,
        pull_requests.is_agent or coalesce(tasks.is_told, false) or coalesce(scored_changes.ai_lines, 0) > 0 as is_ai,
        case
            when pull_requests.agent_role = 'led' then pull_requests.lines_added
            else least(coalesce(scored_changes.ai_lines, 0), pull_requests.lines_added)
        end as ai_lines_added,
        pull_requests.agent_role = 'led' or coalesce(scored_changes.is_scored, false) as is_measured,
        pull_requests.reverted_at <= pull_requests.merged_at + interval {{ survival_days() }} day as is_reverted
    from pull_requests
    inner join named on pull_requests.repository = named.repository
    left join task_changes on pull_requests.change_key = task_changes.change_key
    left join tasks on task_changes.task_key = tasks.task_key
    left join scored_changes
        on pull_requests.account = scored_changes.account and pull_requests.pull_request_id = scored_changes.pull_request_id
),

-- One deployment brings several changes; an incident within a day is put down to the last deployment before it.
deployments as (
    select
        deployed.account,
        deployed.deployment_id,
        changes.service,
        min(deployed.repository) as repository,
        min(deployed.outcome) as outcome,
        min(deployed.finished_at) as finished_at,
        max(case when changes.is_ai then 1 else 0 end) = 1 as is_ai,
        max(case when changes.reverts_number is not null or lower(changes.head_branch) like '%hotfix%' then 1 else 0 end) = 1 as is_rework
    from deployed
    inner join changes on deployed.account = changes.account and deployed.pull_request_id = changes.pull_request_id
    where deployed.outcome in ('success', 'failure') and deployed.was_merged
    group by deployed.account, deployed.deployment_id, changes.service
),

blamed as (
    select account, deployment_id, min(created_at) as broke_at, max(coalesce(closed_at, cast('9999-12-31' as timestamp))) as mended_at
    from (
        select
            incidents.account,
            deployments.deployment_id,
            incidents.created_at,
            incidents.closed_at,
            row_number() over (
                partition by incidents.account, incidents.issue_id order by deployments.finished_at desc, deployments.deployment_id
            ) as place
        from incidents
        inner join deployments
            on incidents.account = deployments.account
            and incidents.repository = deployments.repository
            and incidents.created_at >= deployments.finished_at
            and incidents.created_at < deployments.finished_at + interval 1 day
    ) as ranked
    where place = 1
    group by account, deployment_id
),

following as (
    select
        *,
        min(case when outcome = 'success' then finished_at end) over (
            partition by account, repository order by finished_at, deployment_id rows between 1 following and unbounded following
        ) as next_success_at
    from deployments
),

released as (
    select
        following.*,
        following.outcome = 'failure' or blamed.deployment_id is not null as has_failed,
        case
            when blamed.mended_at < cast('9999-01-01' as timestamp) then blamed.mended_at
            when blamed.deployment_id is null and following.outcome = 'failure' then following.next_success_at
        end as recovered_at
    from following
    left join blamed on following.account = blamed.account and following.deployment_id = blamed.deployment_id
),

first_release as (
    select deployed.account, deployed.pull_request_id, min(deployed.finished_at) as deployed_at
    from deployed
    where deployed.outcome = 'success' and deployed.was_merged
    group by deployed.account, deployed.pull_request_id
),

-- Every fact with the service, the week that it counts in, and the person that it tells of.
facts as (
    select
        service, cast(merged_at as date) as day, 'merged' as fact, is_ai, task_class,
        case when author_kind = 'person' then 'github:' || cast(author_id as varchar) end as person,
        date_diff('second', ready_at, merged_at) as seconds,
        lines_added, ai_lines_added, is_measured, coalesce(is_reverted, false) as is_bad, cast(null as {{ money_type() }}) as usd
    from changes
    where merged_at is not null
    union all
    select
        service, cast(closed_at as date), 'rejected', is_ai, task_class,
        case when author_kind = 'person' then 'github:' || cast(author_id as varchar) end,
        null, null, null, false, false, null
    from changes
    where merged_at is null and closed_at is not null
    union all
    select
        service, cast(first_review_at as date), 'reviewed', is_ai, task_class,
        case when author_kind = 'person' then 'github:' || cast(author_id as varchar) end,
        date_diff('second', ready_at, first_review_at), null, null, false, false, null
    from changes
    where first_review_at is not null
    union all
    select
        changes.service, cast(first_release.deployed_at as date), 'released', changes.is_ai, changes.task_class,
        case when changes.author_kind = 'person' then 'github:' || cast(changes.author_id as varchar) end,
        date_diff('second', changes.first_commit_at, first_release.deployed_at), null, null, false, false, null
    from changes
    inner join first_release on changes.account = first_release.account and changes.pull_request_id = first_release.pull_request_id
    union all
    select service, cast(finished_at as date), 'deployed', is_ai, null, null, date_diff('second', finished_at, recovered_at), null, null, is_rework, has_failed, null
    from released
    union all
    -- What the tasks that ended in a week had cost, whenever it was spent.
    select
        named.service, cast(tasks.ended_at as date), 'spent', true, tasks.task_class, paid.person, null, null, null, false,
        tasks.outcome <> 'completed', paid.effective_usd
    from tasks
    inner join named on tasks.repository = named.repository
    inner join (
        select task_costs.task_key, spenders.person, {{ sum_money('task_costs.effective_usd') }} as effective_usd
        from task_costs
        left join (
            select telemetry_account, session_key, day, vendor, min(person_id) as person
            from work_costs
            where principal_kind = 'person'
            group by telemetry_account, session_key, day, vendor
        ) as spenders
            on task_costs.telemetry_account = spenders.telemetry_account
            and task_costs.session_key = spenders.session_key
            and task_costs.day = spenders.day
            and task_costs.vendor = spenders.vendor
        group by task_costs.task_key, spenders.person
    ) as paid on tasks.task_key = paid.task_key
    where tasks.ended_at is not null
),

weekly as (
    select facts.*, calendar.week
    from facts
    inner join calendar on facts.day = calendar.day
    where calendar.week <= cast({{ as_of() }} - interval 7 day as date)
),

contributions as (
    select
        week,
        service,
        person as contributor,
        cast(sum(case when fact in ('merged', 'rejected', 'reviewed', 'released') then 1 else 0 end) as {{ money_type() }}) as changes,
        {{ sum_money('usd') }} as effective_usd
    from weekly
    where person is not null
    group by week, service, person
),

{{ fold('told', 'contributions', ['week'], 'service', figures=['changes', 'effective_usd'], dominated=['changes', 'effective_usd']) }},

published as (
    select
        weekly.*,
        case when coalesce(told.is_folded, false) then '(other services)' else weekly.service end as published_service,
        coalesce(told.is_folded and not told.fold_passes, false) as is_withheld
    from weekly
    left join told on weekly.week = told.week and weekly.service = told.service
),

figures as (
    select
        week,
        published_service as service,
        {{ sum_count("case when fact = 'deployed' and not is_bad then 1 else 0 end") }} as deployments,
        cast(median(case when fact = 'released' and not is_withheld then seconds end) / 3600 as decimal(18, 2)) as lead_time_hours,
        {{ share("sum(case when fact = 'deployed' and is_bad then 1 else 0 end)", "sum(case when fact = 'deployed' then 1 else 0 end)") }} as change_fail_rate,
        cast(median(case when fact = 'deployed' and is_bad then seconds end) / 3600 as decimal(18, 2)) as failed_deployment_recovery_hours,
        {{ share("sum(case when fact = 'deployed' and is_measured then 1 else 0 end)", "sum(case when fact = 'deployed' then 1 else 0 end)") }} as deployment_rework_rate,
        cast(median(case when fact = 'reviewed' and not is_withheld then seconds end) / 3600 as decimal(18, 2)) as review_turnaround_hours,
        cast(median(case when fact = 'merged' and not is_withheld then seconds end) / 3600 as decimal(18, 2)) as merge_hours,
        {% for name, fact in [('changes_merged', 'merged'), ('changes_rejected', 'rejected')] %}
        {{ told_count("fact = '" ~ fact ~ "'") }} as {{ name }},
        {% for side in sides %}
        {{ told_count("fact = '" ~ fact ~ "' and " ~ ('' if side == 'ai' else 'not ') ~ 'is_ai') }} as {{ side }}_{{ name }},
        {% endfor %}
        {% endfor %}
        {% for side in sides %}
        {{ told_count("fact = 'merged' and is_bad and " ~ ('' if side == 'ai' else 'not ') ~ 'is_ai') }} as {{ side }}_changes_reverted,
        {{ sum_count("case when fact = 'deployed' and " ~ ('' if side == 'ai' else 'not ') ~ "is_ai then 1 else 0 end") }} as {{ side }}_deployments_ended,
        {{ sum_count("case when fact = 'deployed' and is_bad and " ~ ('' if side == 'ai' else 'not ') ~ "is_ai then 1 else 0 end") }} as {{ side }}_deployments_failed,
        {% endfor %}
        {% for class in ['docs', 'tests', 'automation', 'code_change'] %}
        {{ told_count("fact = 'merged' and task_class = '" ~ class ~ "'") }} as merged_{{ class }},
        {% endfor %}
        {{ sum_count("case when fact = 'merged' and not is_withheld then lines_added end") }} as lines_added,
        {{ sum_count("case when fact = 'merged' and not is_withheld then ai_lines_added end") }} as ai_lines_added,
        {{ share("sum(case when fact = 'merged' and is_measured and not is_withheld then 1 else 0 end)", "sum(case when fact = 'merged' then 1 else 0 end)") }} as ai_lines_coverage,
        {{ sum_money("case when fact = 'spent' and not is_withheld then usd end") }} as effective_usd,
        {{ sum_money("case when fact = 'spent' and not is_withheld and is_bad then usd end") }} as effective_without_completion_usd,
        max(case when is_withheld then 1 else 0 end) = 1 as is_withheld,
        week > {{ as_of() }} - interval {{ survival_days() }} day as is_provisional
    from published
    group by week, published_service
),

final as (
    select
        *,
        {{ share('changes_merged', '(changes_merged + changes_rejected)') }} as accepted_output_ratio,
        {{ share('ai_changes_merged', '(ai_changes_merged + ai_changes_rejected)') }} as ai_accepted_output_ratio,
        {{ per('effective_usd', 'ai_changes_merged') }} as cost_per_ai_merged_change_usd,
        {{ per('effective_usd', 'deployments') }} as cost_per_deployment_usd,
        {{ per('effective_usd', 'ai_lines_added') }} as cost_per_accepted_ai_line_usd
    from figures
)

select * from final
