with used as (
    select vendor, account, day, principal, max(principal_kind) as principal_kind
    from {{ ref('int_spend_effective') }}
    where series <> 'human_seat' and principal_kind in ('person', 'machine')
    group by vendor, account, day, principal
),

people as (
    select * from {{ ref('int_person_days') }}
),

links as (
    select * from {{ ref('int_principal_links') }}
),

owners as (
    select * from {{ ref('int_key_owners') }}
),

key_names as (
    select 'anthropic' as vendor, account, api_key_id as principal, key_name, valid_from, valid_to from {{ ref('int_anthropic_keys') }}
    union all
    select 'anthropic', account, owner_id, key_name, valid_from, valid_to from {{ ref('int_anthropic_keys') }} where owner_type = 'service_account'
    union all
    select 'openai', account, api_key_id, key_name, valid_from, valid_to from {{ ref('int_openai_keys') }}
),

names as (
    select vendor, account, day, principal, 1 as rank, 'id:' || lower(principal) as name from used
    union
    select used.vendor, used.account, used.day, used.principal, 2, 'mail:' || lower(links.email)
    from used
    inner join links
        on used.vendor = links.vendor
        and used.account = links.account
        and used.day = links.day
        and used.principal = links.principal
    where used.principal_kind = 'person' and links.email is not null
    union
    select used.vendor, used.account, used.day, used.principal, 2, people.person_id
    from used
    inner join people
        on used.vendor = people.vendor
        and used.account = people.account
        and used.day = people.day
        and used.principal = people.principal
    where used.principal_kind = 'person'
    union
    select used.vendor, used.account, used.day, used.principal, 3, 'key:' || lower(key_names.key_name)
    from used
    inner join key_names
        on used.vendor = key_names.vendor
        and used.account = key_names.account
        and used.principal = key_names.principal
        and used.day >= key_names.valid_from
        and used.day < key_names.valid_to
    where used.principal_kind = 'machine'
    union
    select used.vendor, used.account, used.day, used.principal, 4, 'workflow:' || owners.workflow_id
    from used
    inner join owners
        on used.vendor = owners.vendor
        and used.account = owners.account
        and used.day = owners.day
        and used.principal = owners.principal
    where owners.workflow_id is not null
),

-- By what names telemetry ever spoke of a machine.
spoken_of as (
    select distinct 'id:' || lower(principal_id) as name from {{ ref('stg_otlp__contexts') }} where principal_id is not null
    union
    select distinct 'key:' || lower(service) from {{ ref('stg_otlp__contexts') }} where service is not null
    union
    select distinct 'workflow:' || workflow_id from {{ ref('stg_otlp__contexts') }} where workflow_id is not null
),

-- A key that is rotated keeps its name: both are one caller. Every principal belongs to one.
callers as (
    select vendor, account, day, principal, coalesce(min(case when rank = 3 then name end), principal) as caller
    from names
    group by vendor, account, day, principal
),

claimed as (
    select distinct callers.vendor, callers.account, callers.caller
    from callers
    inner join names
        on callers.vendor = names.vendor
        and callers.account = names.account
        and callers.day = names.day
        and callers.principal = names.principal
    inner join spoken_of on names.name = spoken_of.name
),

final as (
    select
        names.vendor,
        names.account,
        names.day,
        names.principal,
        names.rank,
        names.name,
        callers.caller,
        case when used.principal_kind = 'person' then 'login' when owners.is_personal then 'own_key' else 'machine' end as payer_kind,
        case
            when used.principal_kind = 'person' then coalesce(people.person_id, names.principal)
            when owners.is_personal then 'hr:' || owners.owner_employee_id
        end as person_id,
        owners.workflow_id as owner_workflow_id,
        claimed.caller is not null as is_claimed
    from names
    inner join callers
        on names.vendor = callers.vendor
        and names.account = callers.account
        and names.day = callers.day
        and names.principal = callers.principal
    inner join used
        on names.vendor = used.vendor
        and names.account = used.account
        and names.day = used.day
        and names.principal = used.principal
    left join people
        on names.vendor = people.vendor
        and names.account = people.account
        and names.day = people.day
        and names.principal = people.principal
    left join owners
        on names.vendor = owners.vendor
        and names.account = owners.account
        and names.day = owners.day
        and names.principal = owners.principal
    left join claimed on callers.vendor = claimed.vendor and callers.account = claimed.account and callers.caller = claimed.caller
)

select * from final
