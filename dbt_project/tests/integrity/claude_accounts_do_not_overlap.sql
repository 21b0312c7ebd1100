-- Two accounts tell of the same organisation, as two keys of one Console or its old and its new ledger do: its money would count twice.
{{ config(meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

with holders as (
    select account, workspace_id as id from {{ ref('stg_anthropic__analytics_cost') }}
    union
    select account, api_key_id as id from {{ ref('stg_anthropic__analytics_cost') }}
    union
    select account, workspace_id as id from {{ ref('stg_anthropic__cost_report') }} where workspace_id <> '(default workspace)'
    union
    select account, api_key_id as id from {{ ref('stg_anthropic__usage_messages') }}
),

ledgers as (
    select account from {{ source('platform', 'accounts') }} where vendor = 'anthropic' and ledger is not null
)

select holders.id, count(*) as accounts_found, min(holders.account) as first_account, max(holders.account) as last_account
from holders
inner join ledgers on holders.account = ledgers.account
where holders.id is not null
group by holders.id
having count(*) > 1
