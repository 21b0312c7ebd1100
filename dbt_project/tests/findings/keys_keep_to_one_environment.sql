-- A key that works in two environments: its list of owners says so, its workspace's tag says another one than the list, or a person used the
-- key of a service account. Whoever leaks or exhausts it in one of them stops the other.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_key_owners'}}}) }}

with spend as (
    select * from {{ ref('int_spend_people') }} where principal_kind = 'machine'
),

listed as (
    select one.vendor, one.key, min(one.environment) as environment, min(other.environment) as other_environment
    from {{ ref('stg_company__key_owners') }} as one
    inner join {{ ref('stg_company__key_owners') }} as other
        on one.vendor = other.vendor
        and one.key_kind = other.key_kind
        and one.key = other.key
        and one.environment < other.environment
        and one.valid_from < other.valid_to
        and other.valid_from < one.valid_to
    group by one.vendor, one.key
),

key_names as (
    select 'anthropic' as vendor, account, api_key_id as principal, key_name as key from {{ ref('int_anthropic_keys') }}
    union
    select 'openai', account, api_key_id, key_name from {{ ref('int_openai_keys') }}
    union
    select vendor, account, principal, principal from spend
),

by_list as (
    select key_names.vendor, key_names.account, key_names.principal, listed.environment, listed.other_environment
    from key_names
    inner join listed on key_names.vendor = listed.vendor and key_names.key = listed.key
),

tags as (
    select
        account,
        workspace_id,
        case lower(min(environment)) when 'production' then 'prod' when 'development' then 'dev' when 'stage' then 'staging' else lower(min(environment)) end
            as environment
    from {{ ref('stg_anthropic__workspaces') }}
    group by account, workspace_id
    having min(environment) = max(environment)
),

by_tag as (
    select distinct spend.vendor, spend.account, spend.principal, spend.environment, tags.environment as other_environment
    from spend
    inner join tags on spend.vendor = 'anthropic' and spend.account = tags.account and spend.project = tags.workspace_id
    where tags.environment in ('prod', 'staging', 'dev', 'ci') and spend.environment <> tags.environment
),

by_person as (
    select distinct 'openai' as vendor, account, principal, cast(null as varchar) as environment, 'a person' as other_environment
    from {{ ref('int_openai_callers') }}
    where principal_kind = 'machine' and user_id <> '' and api_key_id <> ''
),

shared_keys as (
    select *, 'list of owners' as evidence from by_list
    union all
    select *, 'tag of the workspace' as evidence from by_tag
    union all
    select *, 'used by a person' as evidence from by_person
),

costs as (
    select
        vendor,
        account,
        principal,
        max(day) as last_day,
        sum(consumption_usd) as consumption_usd,
        sum(billed_usd) as billed_usd
    from spend
    where day >= {{ dbt.dateadd('day', -30, as_of()) }}
    group by vendor, account, principal
)

select
    shared_keys.vendor,
    shared_keys.account,
    shared_keys.principal,
    shared_keys.evidence,
    shared_keys.environment,
    shared_keys.other_environment,
    costs.last_day,
    costs.consumption_usd as consumption_usd_of_30_days,
    costs.billed_usd as billed_usd_of_30_days
from shared_keys
inner join costs
    on shared_keys.vendor = costs.vendor and shared_keys.account = costs.account and shared_keys.principal = costs.principal
