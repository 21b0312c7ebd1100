-- The company's list of owners, for every machine that spent. A service account acts through its keys, which the list may name instead.
with machine_days as (
    select distinct vendor, account, day, principal from {{ ref('int_spend') }} where principal_kind = 'machine'
),

anthropic_keys as (
    select * from {{ ref('int_anthropic_keys') }}
),

openai_keys as (
    select * from {{ ref('int_openai_keys') }}
),

keys as (
    select distinct
        vendor, account, principal, 'id' as key_kind, principal as key, cast('0001-01-01' as date) as valid_from, cast('9999-12-31' as date) as valid_to
    from machine_days
    union all
    select 'anthropic', account, api_key_id, 'name', key_name, valid_from, valid_to from anthropic_keys
    union all
    select 'anthropic', account, owner_id, 'id', api_key_id, valid_from, valid_to from anthropic_keys where owner_type = 'service_account'
    union all
    select 'anthropic', account, owner_id, 'name', key_name, valid_from, valid_to from anthropic_keys where owner_type = 'service_account'
    union all
    select 'openai', account, api_key_id, 'name', key_name, valid_from, valid_to from openai_keys
),

owners as (
    select * from {{ ref('stg_company__key_owners') }}
),

periods as (
    select * from {{ ref('int_employee_periods') }}
),

-- An id says more than a name, and a row of the account more than one of all accounts.
candidates as (
    select
        machine_days.vendor,
        machine_days.account,
        machine_days.day,
        machine_days.principal,
        owners.owner_employee_id,
        owners.owner_team,
        owners.cost_center,
        owners.environment,
        owners.workflow_id,
        dense_rank() over (
            partition by machine_days.vendor, machine_days.account, machine_days.day, machine_days.principal
            order by case when keys.key_kind = 'id' then 1 else 2 end, case when owners.account = '(all)' then 2 else 1 end
        ) as place
    from machine_days
    inner join keys
        on machine_days.vendor = keys.vendor
        and machine_days.account = keys.account
        and machine_days.principal = keys.principal
        and machine_days.day >= keys.valid_from
        and machine_days.day < keys.valid_to
    inner join owners
        on keys.vendor = owners.vendor
        and owners.account in (keys.account, '(all)')
        and keys.key_kind = owners.key_kind
        and keys.key = owners.key
        and machine_days.day >= owners.valid_from
        and machine_days.day < owners.valid_to
),

-- What the rows of one machine contradict each other in is unknown.
decided as (
    select
        vendor,
        account,
        day,
        principal
        {% for column in ['owner_employee_id', 'owner_team', 'cost_center', 'environment', 'workflow_id'] %},
        case when count(distinct coalesce({{ column }}, '')) = 1 then min({{ column }}) end as {{ column }}
        {% endfor %}
    from candidates
    where place = 1
    group by vendor, account, day, principal
),

-- A team's cost centre, where all of its people have the same.
team_centers as (
    select days.owner_team, days.day, case when min(periods.cost_center) = max(periods.cost_center) then min(periods.cost_center) end as cost_center
    from (select distinct owner_team, day from decided where owner_team is not null) as days
    inner join periods on days.owner_team = periods.team and days.day >= periods.valid_from and days.day < periods.valid_to
    group by days.owner_team, days.day
),

final as (
    select
        decided.vendor,
        decided.account,
        decided.day,
        decided.principal,
        case
            when decided.owner_employee_id is not null and decided.day < {{ persons_from() }} then '(erased)' else decided.owner_employee_id
        end as owner_employee_id,
        -- Where the list names a team, its people use the key and the employee answers for it; where it names a workflow, that uses it.
        decided.owner_employee_id is not null and decided.owner_team is null and decided.workflow_id is null as is_personal,
        coalesce(decided.owner_team, periods.team) as owner_team,
        coalesce(decided.cost_center, team_centers.cost_center, periods.cost_center) as cost_center,
        decided.environment,
        decided.workflow_id
    from decided
    left join team_centers on decided.owner_team = team_centers.owner_team and decided.day = team_centers.day
    left join periods
        on decided.owner_employee_id = periods.employee_id and decided.day >= periods.valid_from and decided.day < periods.valid_to
)

select * from final
