with findings as (
    select *, case when scope_kind = 'repository' then {{ repository_label('scope') }} else scope end as site
    from {{ ref('int_waste_findings') }}
    where day is not null and day <= {{ as_of() }}
),

costs as (
    select *, {{ workflow_label('workflow_id', 'null') }} as workflow
    from {{ ref('int_work_costs') }}
    where principal_kind = 'machine'
),

workflows as (
    select * from {{ ref('spend_per_workflow_daily') }}
),

ci as (
    select * from {{ ref('int_workflow_runs') }} where agent is null
),

changes as (
    {{ known_changes() }}
),

-- Out of how many.
examined as (
    select day, 'workflow' as scope_kind, workflow_id as site, 'session' as thing, sessions as things from workflows
    union all
    select
        day, 'workflow', workflow_id, 'task',
        tasks_completed + tasks_reverted + tasks_ended_without_completion
    from workflows
    union all
    select day, 'repository', repository, 'ci_run', {{ sum_count('1') }} from ci group by day, repository
    union all
    select cast(coalesce(closed_at, created_at) as date), 'repository', repository, 'change', {{ sum_count('1') }}
    from changes
    group by cast(coalesce(closed_at, created_at) as date), repository
),

unseen as (
    select
        day,
        {{ share("sum(case when session_key is null and cost_method = 'unattributed' then effective_usd else 0 end)", 'sum(effective_usd)') }} as unknown_share
    from costs
    group by day
),

machines as (
    select
        findings.day,
        'machine' as series,
        findings.scope_kind,
        findings.site as scope,
        findings.pattern,
        {{ sum_count('1') }} as findings,
        {{ sum_count('findings.evidence') }} as evidence,
        {{ sum_money('findings.effective_usd') }} as effective_usd
    from findings
    where findings.person is null
    group by findings.day, findings.scope_kind, findings.site, findings.pattern
),

-- People's work is told by the week, and only where it is of enough of them.
human as (
    select *, cast({{ dbt.date_trunc('week', 'day') }} as date) as week, person as contributor
    from findings
    where person is not null and day < cast({{ dbt.date_trunc('week', as_of()) }} as date)
),

contributions as (
    select
        pattern, week, site, contributor,
        cast(count(*) as {{ money_type() }}) as found,
        {{ sum_money('effective_usd') }} as effective_usd
    from human
    group by pattern, week, site, contributor
),

{{ fold('told', 'contributions', ['pattern', 'week'], 'site', figures=['found', 'effective_usd'], dominated=['found', 'effective_usd']) }},

people as (
    select
        cast(human.week + interval 6 day as date) as day,
        'human' as series,
        case when told.is_folded then 'repository' else human.scope_kind end as scope_kind,
        case when told.is_folded then '(other repositories)' else human.site end as scope,
        human.pattern,
        {{ sum_count('1') }} as findings,
        {{ sum_count('human.evidence') }} as evidence,
        {{ sum_money('human.effective_usd') }} as effective_usd
    from human
    inner join told on human.pattern = told.pattern and human.week = told.week and human.site = told.site
    where not told.is_folded or told.fold_passes
    group by
        human.week,
        case when told.is_folded then 'repository' else human.scope_kind end,
        case when told.is_folded then '(other repositories)' else human.site end,
        human.pattern
),

told_patterns as (
    select * from machines
    union all
    select * from people
),

final as (
    select
        told_patterns.day,
        told_patterns.series,
        told_patterns.scope_kind,
        told_patterns.scope,
        told_patterns.pattern,
        told_patterns.findings,
        told_patterns.evidence,
        case when told_patterns.series = 'machine' then examined.things end as denominator,
        told_patterns.effective_usd,
        case
            when told_patterns.series = 'human' then null
            when told_patterns.pattern in ('flaky_ci', 'slow_ci', 'unmerged_bulk') then cast(0 as decimal(9, 6))
            else unseen.unknown_share
        end as unknown_share,
        case told_patterns.pattern
            when 'retry_storm' then 'The model or a tool fails again and again: look at limits, timeouts and instructions.'
            when 'no_accepted_artefact' then 'Work that no merged change came of: is the task clear, and is anybody waiting for it?'
            when 'reverted' then 'Merged and taken back: what did review and tests not see?'
            when 'unmerged_bulk' then 'Thousands of lines that nobody merges: smaller tasks.'
            when 'outside_its_window' then 'Runs at hours that its owner did not give it: mend the schedule.'
            when 'rereading' then 'The same files are read again and again: a map of the repository would be cheaper.'
            when 'repeated_full_tests' then 'Whole test runs that fail over and over: let the agent run the tests of what it changed.'
            when 'same_prompt_in_many_repositories' then 'One request in many repositories: write it once, as a template or a workflow.'
            when 'oversized_model' then 'Short answers from a dear model: route them to a smaller one.'
            when 'flaky_ci' then 'CI that passes only when it is tried again: everybody waits and pays, agents too.'
            when 'slow_ci' then 'CI that takes more than 45 minutes.'
        end as advice
    from told_patterns
    left join examined
        on told_patterns.day = examined.day
        and told_patterns.scope_kind = examined.scope_kind
        and told_patterns.scope = examined.site
        and examined.thing = case
            when told_patterns.pattern in ('no_accepted_artefact', 'reverted') then 'task'
            when told_patterns.pattern in ('flaky_ci', 'slow_ci') then 'ci_run'
            when told_patterns.pattern = 'unmerged_bulk' then 'change'
            else 'session'
        end
    left join unseen on told_patterns.day = unseen.day
)

select * from final
