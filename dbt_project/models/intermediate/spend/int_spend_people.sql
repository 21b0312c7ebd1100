{% set columns = [
    'spend_key', 'vendor', 'account', 'day', 'stream', 'sku', 'model', 'project', 'organization', 'repository', 'surface', 'principal',
    'principal_kind', 'auth_kind', 'series', 'is_pooled', 'basis', 'month', 'consumption_usd', 'billed_usd', 'effective_usd', 'credits',
    'requests', 'uncached_input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'cache_write_1h_tokens', 'output_tokens',
    'reasoning_tokens', 'seat_months'
] %}

with spend as (
    select * from {{ ref('int_spend_effective') }}
),

person_days as (
    select * from {{ ref('int_person_days') }}
),

key_owners as (
    select * from {{ ref('int_key_owners') }}
),

workspaces as (
    select * from {{ ref('int_anthropic_workspaces') }} where cost_center is not null
),

stream_days as (
    select * from {{ ref('int_stream_days') }}
),

-- Where the money of a day is held, what stands beside it, as its tokens, is no whole day either.
held_days as (
    select distinct vendor, account, day
    from stream_days
    where failed_because in ('duplicated', 'unit_error')
),

-- Machines, the pool and nobody are no persons: they keep a word of their own as principal and as team. A machine's team has a column of its
-- own, as the tables of teams count people before they tell a figure.
final as (
    select
        {% for column in columns %}spend.{{ column }}, {% endfor %}
        spend.principal_kind = 'person' as is_person,
        coalesce(person_days.person_id, spend.principal) as principal_key,
        -- Whom tables without persons count: an unmatched login like any other person, and the only owner of a key. Machines that people share
        -- are none, and hide the persons beside them. Pools and nobody are neither.
        case
            when spend.principal_kind = 'person' then coalesce(person_days.person_id, spend.principal)
            when key_owners.is_personal then 'hr:' || key_owners.owner_employee_id
            when spend.principal_kind = 'machine' then 'machine:' || spend.vendor || ':' || spend.principal
        end as contributor,
        coalesce(
            person_days.team,
            case spend.principal_kind when 'pool' then '(pool)' when 'machine' then '(machines)' else '(unattributed)' end
        ) as team,
        coalesce(person_days.segment, '(none)') as segment,
        -- The nearest word on who pays: the bill's row, the key's owner, the workspace's tag, the person.
        coalesce(
            nullif(spend.cost_center, '(none)'), key_owners.cost_center, workspaces.cost_center, nullif(person_days.person_cost_center, '(none)'), '(none)'
        ) as cost_center,
        case
            when spend.cost_center <> '(none)' then 'vendor'
            when key_owners.cost_center is not null then 'key_owner'
            when workspaces.cost_center is not null then 'workspace'
            when person_days.person_cost_center <> '(none)' then 'person'
            else 'none'
        end as cost_center_method,
        person_days.match_method,
        case
            when spend.principal_kind = 'person' then person_days.unmatched_reason
            when spend.principal_kind = 'pool' then 'pooled_by_the_vendor'
            when spend.principal_kind = 'unattributed' then 'not_told_by_the_vendor'
            when key_owners.vendor is null then 'machine_without_owner'
        end as unmatched_reason,
        'hr:' || key_owners.owner_employee_id as owner_key,
        key_owners.owner_team,
        key_owners.environment,
        key_owners.workflow_id,
        case when held_days.day is not null then 'failed' else coalesce(stream_days.status, 'missing') end as data_status
    from spend
    left join person_days
        on spend.principal_kind = 'person'
        and spend.vendor = person_days.vendor
        and spend.account = person_days.account
        and spend.day = person_days.day
        and spend.principal = person_days.principal
    left join key_owners
        on spend.principal_kind = 'machine'
        and spend.vendor = key_owners.vendor
        and spend.account = key_owners.account
        and spend.day = key_owners.day
        and spend.principal = key_owners.principal
    left join workspaces
        on spend.vendor = 'anthropic'
        and spend.account = workspaces.account
        and spend.project = workspaces.workspace_id
        and spend.day >= workspaces.valid_from
        and spend.day < workspaces.valid_to
    left join stream_days
        on spend.vendor = stream_days.vendor
        and spend.account = stream_days.account
        and spend.stream = stream_days.stream
        and spend.day = stream_days.day
    left join held_days
        on spend.vendor = held_days.vendor
        and spend.account = held_days.account
        and spend.day = held_days.day
)

select * from final
