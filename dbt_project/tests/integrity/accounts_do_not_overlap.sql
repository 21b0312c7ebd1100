-- An enterprise already holds its organizations: the same money or the same people under two accounts would count twice.
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

with bills as (
    select distinct account, day, organization
    from {{ ref('stg_github_copilot__ai_credit_report') }}
    where organization is not null
),

organization_accounts as (
    select distinct teams.account, teams.organization
    from {{ ref('stg_github_copilot__teams') }} as teams
    inner join {{ source('platform', 'accounts') }} as accounts
        on accounts.vendor = 'github_copilot' and teams.account = accounts.account and accounts.scope = 'organization'
),

-- The organization is often left empty on a bill, and a report need not name its enterprise: what is told twice shows by its totals.
day_totals as (
    select 'bill' as report, account, day, count(*) as rows_found, sum(gross_usd) as total
    from {{ ref('stg_github_copilot__ai_credit_report') }}
    group by account, day
    union all
    select 'user report' as report, account, day, count(*) as rows_found, sum(credits) as total
    from {{ ref('stg_github_copilot__user_days') }}
    group by account, day
),

enterprises as (
    select distinct account, day, enterprise_id
    from {{ ref('stg_github_copilot__user_days') }}
    where enterprise_id is not null
)

select 'one organization on two bills' as finding, one.account, other.account as other_account, count(*) as days_found
from bills as one
inner join bills as other on one.organization = other.organization and one.day = other.day and one.account < other.account
group by one.account, other.account

union all

select 'an organization beside its enterprise' as finding, bills.account, organization_accounts.account as other_account, count(*) as days_found
from bills
inner join organization_accounts
    on bills.organization = organization_accounts.organization and bills.account <> organization_accounts.account
group by bills.account, organization_accounts.account

union all

select 'one enterprise under two accounts' as finding, one.account, other.account as other_account, count(*) as days_found
from enterprises as one
inner join enterprises as other on one.enterprise_id = other.enterprise_id and one.day = other.day and one.account < other.account
group by one.account, other.account

union all

-- Small accounts are alike on a day by chance; one that is told twice is alike on most of them.
select 'one ' || one.report || ' under two accounts' as finding, one.account, other.account as other_account, count(*) as days_found
from day_totals as one
inner join day_totals as other
    on one.report = other.report and one.day = other.day and one.account < other.account and other.rows_found >= 3 and other.total > 0
where one.rows_found >= 3 and one.total > 0
group by one.report, one.account, other.account
having count(case when one.rows_found = other.rows_found and one.total = other.total then 1 end) * 2 > count(*)
