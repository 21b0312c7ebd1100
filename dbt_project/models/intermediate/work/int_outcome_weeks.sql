{% set scopes = ['team', 'segment', 'cost_center'] %}
{# As far as any comparison reaches back: half a year of events, and eight weeks before the first. #}
{% set kept_days = 252 %}

with spend as (
    select *
    from {{ ref('int_spend_people') }}
    where series in ('human_usage', 'machine_usage', 'unattributed_usage')
),

pull_requests as (
    {{ known_changes() }}
),

agent_tasks as (
    select * from {{ ref('int_agent_tasks') }} where creator_type = 'user'
),

task_pull_requests as (
    select * from {{ ref('int_agent_task_pull_requests') }}
),

links as (
    select * from {{ ref('int_identity_links') }} where vendor = 'github_copilot' and identifier_kind = 'vendor_id'
),

periods as (
    select * from {{ ref('int_employee_periods') }}
),

person_days as (
    select * from {{ ref('int_person_days') }}
),

calendar as (
    select * from {{ ref('int_calendar') }}
),

told_weeks as (
    select * from {{ ref('int_privacy_weeks') }}
),

vendor_weeks as (
    select * from {{ ref('int_vendor_weeks') }}
),

stream_days as (
    select * from {{ ref('int_stream_days') }} where vendor = 'git_delivery' and stream = 'pull_requests'
),

holidays as (
    select * from {{ ref('int_holiday_shares') }}
),

-- A vendor that never told anything does not count; one that came later makes use look as if it had begun then.
used_vendors as (
    select vendor from vendor_weeks group by vendor having max(case when data_status = 'complete' then 1 else 0 end) = 1
),

weeks_with_gaps as (
    select vendor_weeks.week
    from vendor_weeks
    inner join used_vendors on vendor_weeks.vendor = used_vendors.vendor
    where coalesce(vendor_weeks.data_status, 'missing') not in ('complete', 'provisional')
    union
    select calendar.week
    from stream_days
    inner join calendar on stream_days.day = calendar.day
    where stream_days.status not in ('complete', 'provisional')
    union
    -- A day off for everybody is a fifth of a week.
    select calendar.week
    from holidays
    inner join calendar on holidays.day = calendar.day
    where extract(isodow from calendar.day) <= 5
    group by calendar.week
    having sum(holidays.holiday_share) >= 1
),

-- Weeks that are told of teams, and after which a merged change can no more be taken back.
weeks as (
    select told_weeks.week
    from told_weeks
    left join weeks_with_gaps on told_weeks.week = weeks_with_gaps.week
    where weeks_with_gaps.week is null
        and told_weeks.week <= cast({{ as_of() }} - interval {{ 7 + survival_days() | int }} day as date)
        and told_weeks.week > cast({{ as_of() }} - interval {{ kept_days }} day as date)
),

-- Whose change it is: the author's; of an agent's, whoever set its task, else whoever merged it. Bots that update dependencies deliver nothing of a team.
owned as (
    select
        pull_requests.change_key,
        cast(coalesce(pull_requests.merged_at, pull_requests.closed_at) as date) as day,
        pull_requests.merged_at is not null
        and not coalesce(pull_requests.reverted_at <= pull_requests.merged_at + interval {{ survival_days() }} day, false) as is_kept,
        case when pull_requests.author_kind = 'person' then pull_requests.author_id else coalesce(min(agent_tasks.creator_id), pull_requests.merged_by_id) end
            as github_id
    from pull_requests
    left join task_pull_requests
        on pull_requests.account = task_pull_requests.account and pull_requests.pull_request_id = task_pull_requests.pull_request_id
    left join agent_tasks on task_pull_requests.account = agent_tasks.account and task_pull_requests.task_id = agent_tasks.task_id
    where pull_requests.author_kind <> 'bot' and coalesce(pull_requests.merged_at, pull_requests.closed_at) is not null
    group by
        pull_requests.change_key, pull_requests.merged_at, pull_requests.closed_at, pull_requests.reverted_at, pull_requests.author_kind,
        pull_requests.author_id, pull_requests.merged_by_id
),

-- Two employees by one id: it is neither.
employees as (
    select owned.change_key, min(links.employee_id) as employee_id
    from owned
    inner join links
        on cast(owned.github_id as varchar) = links.identifier and owned.day >= links.valid_from and owned.day < links.valid_to
    group by owned.change_key
    having min(links.employee_id) = max(links.employee_id)
),

-- Without a roster the last day on which the vendor's report had the person tells the team.
seen as (
    select person_id, day, min(team) as team, min(segment) as segment, min(person_cost_center) as cost_center
    from person_days
    where person_id like 'github:%'
    group by person_id, day
),

last_seen as (
    select
        owned.change_key, seen.team, seen.segment, seen.cost_center,
        row_number() over (partition by owned.change_key order by seen.day desc) as place
    from owned
    inner join seen on 'github:' || cast(owned.github_id as varchar) = seen.person_id and seen.day <= owned.day
),

changes as (
    select
        calendar.week,
        coalesce('hr:' || employees.employee_id, 'github:' || cast(owned.github_id as varchar)) as contributor,
        {% for scope in scopes %}
        coalesce(periods.{{ scope }}, last_seen.{{ scope }}, '(none)') as {{ scope }},
        {% endfor %}
        owned.is_kept
    from owned
    inner join calendar on owned.day = calendar.day
    inner join weeks on calendar.week = weeks.week
    left join employees on owned.change_key = employees.change_key
    left join periods
        on employees.employee_id = periods.employee_id and owned.day >= periods.valid_from and owned.day < periods.valid_to
    left join last_seen on employees.change_key is null and owned.change_key = last_seen.change_key and last_seen.place = 1
),

-- A team pays for its machines too. Figures are judged by the persons in them alone: what machines cost is told elsewhere, and hides nobody.
used as (
    select
        calendar.week,
        case when spend.is_person and spend.series <> 'machine_usage' then spend.contributor end as contributor,
        spend.vendor,
        coalesce(spend.owner_team, spend.team) as team,
        spend.segment,
        spend.cost_center,
        spend.effective_usd,
        coalesce(spend.consumption_usd, spend.billed_usd) as list_usd
    from spend
    inner join calendar on spend.day = calendar.day
    inner join weeks on calendar.week = weeks.week
),

facts as (
    {% for scope in ['organisation', 'vendor'] + scopes %}
    {% set name = "'(all)'" if scope == 'organisation' else scope %}
    select '{{ scope }}' as scope_kind, {{ name }} as scope, week, contributor, effective_usd, list_usd, 0 as ended, 0 as kept from used
    union all
    {% if scope != 'vendor' %}
    select
        '{{ scope }}', {{ name }}, week, contributor, cast(null as {{ money_type() }}), cast(null as {{ money_type() }}), 1,
        case when is_kept then 1 else 0 end
    from changes
    union all
    {% endif %}
    {% endfor %}
    -- Every week stands here, also one in which nothing happened.
    select 'organisation', '(all)', week, cast(null as varchar), cast(0 as {{ money_type() }}), cast(0 as {{ money_type() }}), 0, 0 from weeks
),

final as (
    select
        facts.scope_kind,
        facts.scope,
        facts.week,
        coalesce(facts.contributor, '(nobody)') as contributor,
        {{ sum_money('facts.effective_usd') }} as effective_usd,
        {{ sum_money('facts.list_usd') }} as list_usd,
        {{ sum_count('facts.ended') }} as ended,
        {{ sum_count('facts.kept') }} as kept
    from facts
    where facts.scope_kind = 'organisation' or facts.scope not like '(%'
    group by facts.scope_kind, facts.scope, facts.week, coalesce(facts.contributor, '(nobody)')
)

select * from final
