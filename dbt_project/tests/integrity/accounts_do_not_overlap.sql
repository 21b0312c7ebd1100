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
