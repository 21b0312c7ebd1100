with sessions as (
    select * from {{ ref('int_agent_sessions') }}
),

turns as (
    select * from {{ ref('int_turns') }}
),

tools as (
    select * from {{ ref('int_tool_calls') }} where session_key is not null
),

calls as (
    select * from {{ ref('int_turn_calls') }} where session_key is not null
),

costs as (
    select * from {{ ref('int_work_costs') }} where session_key is not null
),

tasks as (
    select * from {{ ref('int_work_tasks') }}
),

task_costs as (
    select * from {{ ref('int_task_costs') }}
),

task_changes as (
    select * from {{ ref('int_task_changes') }}
),

changes as (
    {{ known_changes() }}
),

ci as (
    select * from {{ ref('int_workflow_runs') }} where agent is null
),

windows as (
    select *
    from (
        select
            workflow_id,
            repository,
            {{ window_day('from_day') }} as first_weekday,
            {{ window_day('to_day') }} as last_weekday,
            coalesce(nullif(regexp_extract(delivery_window, '([0-9]{2}:[0-9]{2})-', 1), ''), '00:00') as from_time,
            coalesce(nullif(regexp_extract(delivery_window, '-([0-9]{2}:[0-9]{2})', 1), ''), '24:00') as to_time,
            valid_from,
            valid_to
        from (
            select
                *,
                regexp_extract(delivery_window, '^([A-Z][a-z]{2})', 1) as from_day,
                coalesce(
                    nullif(regexp_extract(delivery_window, '^[A-Z][a-z]{2}-([A-Z][a-z]{2})', 1), ''), regexp_extract(delivery_window, '^([A-Z][a-z]{2})', 1)
                ) as to_day
            from {{ ref('stg_company__workflows') }}
            where delivery_window is not null
        ) as parts
    ) as parsed
    where first_weekday is not null and last_weekday is not null
),

dearer as (
    select
        model,
        valid_from,
        valid_to,
        output_usd
    from {{ ref('int_model_prices') }}
    where above_input_tokens = 0
),

paid as (
    select
        telemetry_account as account,
        session_key,
        {{ sum_money('effective_usd') }} as effective_usd,
        min(workflow_id) as workflow_id,
        max(case when principal_kind = 'person' then coalesce(person_id, 'unknown') end) as person
    from costs
    group by telemetry_account, session_key
),

-- Where the work was: the workflow, or for what has none its repository.
work as (
    select
        sessions.*,
        cast(sessions.first_at as date) as day,
        {{ workflow_label('coalesce(sessions.workflow_id, paid.workflow_id)', 'null') }} as workflow,
        lower(sessions.repository) as place,
        paid.effective_usd,
        paid.person
    from sessions
    inner join paid on sessions.account = paid.account and sessions.session_key = paid.session_key
),

retry_storms as (
    select 'retry_storm' as pattern, account || ':' || cast(session_key as varchar) as subject, day, workflow, place, person,
        retries + failed_attempts as evidence, effective_usd
    from work
    where retries + failed_attempts >= 5 and (retries + failed_attempts) * 5 >= calls
),

-- A machine's run outside the hours that its owner gave it; people have none.
outside_windows as (
    select 'outside_its_window' as pattern, work.account || ':' || cast(work.session_key as varchar) as subject, work.day, work.workflow, work.place,
        work.person, cast(1 as bigint) as evidence, work.effective_usd
    from work
    inner join windows
        on work.workflow = windows.workflow_id and work.day >= windows.valid_from and work.day < windows.valid_to
    where work.person is null
        and not (
            case
                when windows.first_weekday <= windows.last_weekday
                    then extract(isodow from work.first_at) between windows.first_weekday and windows.last_weekday
                else extract(isodow from work.first_at) >= windows.first_weekday or extract(isodow from work.first_at) <= windows.last_weekday
            end
            and case
                when windows.from_time <= windows.to_time
                    then strftime(work.first_at, '%H:%M') >= windows.from_time and strftime(work.first_at, '%H:%M') < windows.to_time
                else strftime(work.first_at, '%H:%M') >= windows.from_time or strftime(work.first_at, '%H:%M') < windows.to_time
            end
        )
),

rereads as (
    select account, session_key, {{ sum_count('times - 1') }} as repeated, {{ sum_count('times') }} as reads
    from (
        select account, session_key, target_key, count(*) as times
        from tools
        where target_key is not null and command_class is null and lower(tool) in ('read', 'read_file', 'view', 'cat', 'open_file', 'grep', 'search')
        group by account, session_key, target_key
    ) as targets
    group by account, session_key
),

rereading as (
    select 'rereading' as pattern, work.account || ':' || cast(work.session_key as varchar) as subject, work.day, work.workflow, work.place,
        work.person, rereads.repeated as evidence, work.effective_usd
    from work
    inner join rereads on work.account = rereads.account and work.session_key = rereads.session_key
    where rereads.repeated >= 8 and rereads.repeated * 2 >= rereads.reads
),

repeated_tests as (
    select 'repeated_full_tests' as pattern, account || ':' || cast(session_key as varchar) as subject, day, workflow, place, person,
        test_runs as evidence, effective_usd
    from work
    where test_runs >= 12 and failed_test_runs * 2 >= test_runs
),

-- One prompt in many repositories within a week: written once, it could serve all.
prompts as (
    select turns.prompt_key, work.account, work.session_key, work.day, work.workflow, work.place, work.person, turns.turn_key
    from turns
    inner join work on turns.account = work.account and turns.session_key = work.session_key
    where turns.prompt_key is not null and turns.prompt_length >= 20 and work.place is not null
),

spread_prompts as (
    select prompt_key, cast({{ dbt.date_trunc('week', 'day') }} as date) as week, count(distinct place) as places
    from prompts
    group by prompt_key, cast({{ dbt.date_trunc('week', 'day') }} as date)
    having count(distinct place) >= 4
),

turn_costs as (
    select telemetry_account as account, session_key, turn_key, {{ sum_money('effective_usd') }} as effective_usd
    from costs
    group by telemetry_account, session_key, turn_key
),

duplicates as (
    select 'same_prompt_in_many_repositories' as pattern, prompts.account || ':' || cast(prompts.session_key as varchar) as subject, prompts.day,
        prompts.workflow, prompts.place, prompts.person, cast(max(spread_prompts.places) as bigint) as evidence,
        {{ sum_money('turn_costs.effective_usd') }} as effective_usd
    from prompts
    inner join spread_prompts
        on prompts.prompt_key = spread_prompts.prompt_key
        and cast({{ dbt.date_trunc('week', 'prompts.day') }} as date) = spread_prompts.week
    left join turn_costs
        on prompts.account = turn_costs.account
        and prompts.session_key = turn_costs.session_key
        and prompts.turn_key is not distinct from turn_costs.turn_key
    group by prompts.account, prompts.session_key, prompts.day, prompts.workflow, prompts.place, prompts.person
),

-- Short answers from the dearest models: at least four times the price of the median model in use.
median_price as (
    select calls.day, median(dearer.output_usd) as output_usd
    from (select distinct day, price_model from calls) as calls
    inner join dearer on calls.price_model = dearer.model and calls.day >= dearer.valid_from and calls.day < dearer.valid_to
    group by calls.day
),

small_calls as (
    select
        calls.account,
        calls.session_key,
        {{ sum_count('calls.calls') }} as calls,
        {{ sum_count('case when dearer.output_usd >= 2 * median_price.output_usd then calls.short_calls else 0 end') }} as small_calls
    from calls
    inner join dearer
        on calls.price_model = dearer.model and calls.day >= dearer.valid_from and calls.day < dearer.valid_to
    inner join median_price on calls.day = median_price.day
    group by calls.account, calls.session_key
),

oversized as (
    select 'oversized_model' as pattern, work.account || ':' || cast(work.session_key as varchar) as subject, work.day, work.workflow, work.place,
        work.person, cast(small_calls.small_calls as bigint) as evidence, work.effective_usd
    from work
    inner join small_calls on work.account = small_calls.account and work.session_key = small_calls.session_key
    where small_calls.small_calls >= 10 and small_calls.small_calls * 2 >= small_calls.calls
),

-- By workflow and repository, what each task that ended so had cost.
ended as (
    select
        tasks.task_key,
        tasks.outcome,
        cast(tasks.ended_at as date) as day,
        {{ workflow_label('task_costs.workflow_id', 'null') }} as workflow,
        tasks.repository as place,
        max(case when task_costs.principal_kind = 'person' then coalesce(paid.person, 'unknown') end) as person,
        {{ sum_count('1') }} as evidence,
        {{ sum_money('task_costs.effective_usd') }} as effective_usd
    from tasks
    inner join task_costs on tasks.task_key = task_costs.task_key
    left join paid on task_costs.telemetry_account = paid.account and task_costs.session_key = paid.session_key
    where tasks.outcome in ('abandoned', 'no_artefact', 'reverted')
    group by tasks.task_key, tasks.outcome, cast(tasks.ended_at as date), {{ workflow_label('task_costs.workflow_id', 'null') }}, tasks.repository
),

fruitless as (
    select
        case when outcome = 'reverted' then 'reverted' else 'no_accepted_artefact' end as pattern, task_key as subject, day, workflow, place, person,
        evidence, effective_usd
    from ended
),

bulk as (
    select
        'unmerged_bulk' as pattern, changes.change_key as subject,
        cast(coalesce(changes.closed_at, changes.created_at + interval {{ survival_days() }} day) as date) as day,
        cast(null as varchar) as workflow, changes.repository as place,
        case when changes.author_kind = 'person' then 'github:' || cast(changes.author_id as varchar) end as person,
        changes.lines_added as evidence, spent.effective_usd
    from changes
    left join task_changes on changes.change_key = task_changes.change_key
    left join (
        select task_key, {{ sum_money('effective_usd') }} as effective_usd from task_costs group by task_key
    ) as spent on task_changes.task_key = spent.task_key
    where changes.merged_at is null
        and changes.lines_added >= 2000
        and (changes.closed_at is not null or changes.created_at < {{ as_of() }} - interval {{ survival_days() }} day)
),

-- Runs that were tried again and again until they passed, and those that take half an hour: paid by everybody who waits, agents too.
slow_or_flaky as (
    select
        case when attempts >= 3 then 'flaky_ci' else 'slow_ci' end as pattern, cast(run_id as varchar) as subject, day,
        cast(null as varchar) as workflow, repository as place, cast(null as varchar) as person,
        case when attempts >= 3 then attempts - 1 else cast(date_diff('minute', created_at, finished_at) as bigint) end as evidence,
        cast(null as {{ money_type() }}) as effective_usd
    from ci
    where attempts >= 3 or (attempts = 1 and finished_at >= created_at + interval 45 minute)
),

final as (
    {% for part in ['retry_storms', 'outside_windows', 'rereading', 'repeated_tests', 'duplicates', 'oversized', 'fruitless', 'bulk', 'slow_or_flaky'] %}
    select
        pattern,
        subject,
        day,
        case when workflow is not null then 'workflow' else 'repository' end as scope_kind,
        coalesce(workflow, place, '(unknown)') as scope,
        person,
        evidence,
        effective_usd
    from {{ part }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
