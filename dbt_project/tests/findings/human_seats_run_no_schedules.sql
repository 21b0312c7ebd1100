-- Production or scheduled work on a human seat: use without a human that ran on nearly every day of a month, weekends too, or agent sessions in
-- a pipeline or in production under a person's address, or a run of a declared workflow on a person's login or on a key of one owner. It stops when
-- the person leaves. What such a run cost counts as the workflow's (int_work_costs); which identity paid is told here alone.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend_people'}}}) }}

with spend as (
    select *, cast({{ dbt.date_trunc('month', 'day') }} as date) as first_of_month
    from {{ ref('int_spend_people') }}
    where is_person and series = 'machine_usage' and auth_kind = 'seat'
),

calendar as (
    select day, is_weekend from {{ ref('dim_calendar') }}
),

seats as (
    select
        spend.vendor,
        spend.account,
        spend.first_of_month,
        spend.surface,
        spend.principal,
        count(distinct spend.day) as days_run,
        count(distinct case when calendar.is_weekend then spend.day end) as weekend_days,
        sum(spend.consumption_usd) as consumption_usd,
        sum(spend.billed_usd) as billed_usd
    from spend
    inner join calendar on spend.day = calendar.day
    group by spend.vendor, spend.account, spend.first_of_month, spend.surface, spend.principal
),

-- Six weekend days and twenty days are what a schedule leaves behind and a person does not.
scheduled as (
    select
        vendor,
        account,
        first_of_month as month,
        'runs on nearly every day' as evidence,
        surface as place,
        count(*) as principals_found,
        max(days_run) as days_found,
        sum(consumption_usd) as consumption_usd,
        sum(billed_usd) as billed_usd,
        cast(null as {{ money_type() }}) as estimated_usd
    from seats
    where days_run >= 20 and weekend_days >= 6
    group by vendor, account, first_of_month, surface
),

employees as (
    select distinct identifier from {{ ref('int_identity_links') }} where vendor = '(all)' and identifier_kind = 'mailbox'
),

traced as (
    select
        'otlp' as vendor,
        sessions.account,
        cast({{ dbt.date_trunc('month', 'sessions.first_at') }} as date) as month,
        case
            when sessions.ci_run_id is not null or sessions.ci_pipeline is not null then 'a pipeline ran it under the address of a person'
            else 'it ran in production under the address of a person'
        end as evidence,
        sessions.emitter as place,
        count(distinct employees.identifier) as principals_found,
        count(distinct cast(sessions.first_at as date)) as days_found,
        cast(null as {{ money_type() }}) as consumption_usd,
        cast(null as {{ money_type() }}) as billed_usd,
        sum(sessions.estimated_usd) as estimated_usd
    from {{ ref('int_agent_sessions') }} as sessions
    inner join employees on {{ mailbox('sessions.principal_email') }} = employees.identifier
    where sessions.ci_run_id is not null or sessions.ci_pipeline is not null or lower(sessions.environment) in ('prod', 'production')
    group by 1, 2, 3, 4, 5
),

runs as (
    select
        vendor,
        coalesce(account, '(unknown)') as account,
        cast({{ dbt.date_trunc('month', 'day') }} as date) as month,
        case payer_kind
            when 'login' then 'a declared workflow ran on the login of a person'
            else 'a declared workflow ran on a key of one owner'
        end as evidence,
        workflow_id as place,
        count(distinct person_id) as principals_found,
        count(distinct day) as days_found,
        cast(null as {{ money_type() }}) as consumption_usd,
        cast(null as {{ money_type() }}) as billed_usd,
        sum(estimated_usd) as estimated_usd
    from {{ ref('int_work_costs') }}
    where session_key is not null and principal_kind = 'machine' and payer_kind <> 'machine'
    group by 1, 2, 3, 4, 5
)

select * from scheduled
union all
select * from traced
union all
select * from runs
