-- Use after the last day of work: a key that nobody took over, or a seat that nobody took away. Whose key it is says the list of owners,
-- else the vendor's directory. By month, without names: `spend person reveal` and the list of owners say whom to ask.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend_people'}}}) }}

with spend as (
    select * from {{ ref('int_spend_people') }}
),

-- The last row of who has left; whoever came back has not.
leavers as (
    select employee_id, max(valid_to) as gone_on
    from {{ ref('int_employee_periods') }}
    group by employee_id
),

-- Who made a key in the Console, by the address of today.
makers as (
    select keys.account, keys.api_key_id, min(links.employee_id) as employee_id
    from {{ ref('int_anthropic_keys') }} as keys
    inner join {{ ref('int_anthropic_user_emails') }} as emails on keys.account = emails.account and keys.owner_id = emails.user_id
    inner join {{ ref('int_identity_links') }} as links
        on links.identifier_kind = 'mailbox' and links.vendor = '(all)' and {{ mailbox('emails.email') }} = links.identifier
    where keys.owner_type = 'user' and keys.valid_to = cast('9999-12-31' as date)
    group by keys.account, keys.api_key_id
    having min(links.employee_id) = max(links.employee_id)
),

owned as (
    select
        spend.*,
        case
            when spend.is_person then 'seat or login'
            when spend.owner_key is not null then 'key, by the list of owners'
            else 'key, by who made it'
        end as evidence,
        case
            when spend.is_person and spend.principal_key like 'hr:%' then spend.principal_key
            -- Who made a key answers for it only where no one else was named.
            else coalesce(spend.owner_key, case when spend.owner_team is null then 'hr:' || makers.employee_id end)
        end as owner
    from spend
    left join makers on spend.vendor = 'anthropic' and spend.account = makers.account and spend.principal = makers.api_key_id
    where spend.series <> 'human_seat'
)

select
    owned.vendor,
    owned.account,
    cast({{ dbt.date_trunc('month', 'owned.day') }} as date) as month,
    owned.evidence,
    count(distinct owned.principal) as principals_found,
    count(distinct owned.day) as days_found,
    max(owned.day) as last_day,
    sum(owned.consumption_usd) as consumption_usd,
    sum(owned.billed_usd) as billed_usd
from owned
inner join leavers on owned.owner = 'hr:' || leavers.employee_id and owned.day >= leavers.gone_on
group by owned.vendor, owned.account, cast({{ dbt.date_trunc('month', 'owned.day') }} as date), owned.evidence
