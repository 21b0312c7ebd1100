{{ config(materialized='view') }}

with events as (
    select * from {{ ref('stg_cursor__usage_events') }}
),

priced as (
    {{ cursor_priced_events('events') }}
),

-- Who ran it and where. A service account is nobody's seat, though its events carry an e-mail; a cloud agent, an automation and a headless
-- run are machines on whosever login they ran.
final as (
    select
        *,
        coalesce(service_account_id, email, '(unattributed)') as principal,
        case
            when service_account_id is not null then 'machine'
            when email is not null then 'person'
            else 'unattributed'
        end as principal_kind,
        case
            when service_account_id is not null then 'service_account'
            when billing = 'own_key' then 'api_key'
            else 'seat'
        end as auth_kind,
        case
            when service_account_id is not null or is_headless or cloud_agent_id is not null or automation_id is not null
                then 'machine_usage'
            when email is null then 'unattributed_usage'
            else 'human_usage'
        end as series,
        case
            when kind like '%bugbot%' or lower(model) like '%bugbot%' then 'code_review'
            when cloud_agent_id is not null or automation_id is not null then 'background_agent'
            when is_headless then 'cli'
            else 'ide'
        end as surface
    from priced
)

select * from final
