-- What the company says itself wins over whatever is found. Logins of GitHub are bound to accounts first (int_github_links).
with said as (
    select employee_id, vendor, account, identifier_kind, identifier, 'identity_map' as method, valid_from, valid_to
    from {{ ref('stg_company__identity_map') }}
    where identifier_kind in ('email', 'vendor_id') or (identifier_kind = 'login' and vendor <> 'github_copilot')
),

github as (
    select employee_id, 'github_copilot' as vendor, '(all)' as account, identifier_kind, identifier, method, valid_from, valid_to
    from {{ ref('int_github_links') }}
),

roster as (
    select employee_id, lower(trim(email)) as email, {{ mailbox('email') }} as mailbox, valid_from, valid_to
    from {{ ref('stg_hr__roster') }}
    where email is not null
),

-- The address as HR had it on the day, then its mailbox: case and what stands behind a plus make no other person.
mails as (
    select employee_id, 'email' as identifier_kind, email as identifier, 'roster_mail' as method, valid_from, valid_to from roster
    union all
    select employee_id, 'mailbox', mailbox, 'mailbox', valid_from, valid_to from roster
),

employees as (
    select employee_id, min(valid_from) as first_day from {{ ref('stg_hr__roster') }} group by employee_id
),

-- An address that only one person ever had stays theirs after a marriage, a move or the end of work; never before their first day, where an
-- earlier owner may be missing in the file.
former_mails as (
    select mailbox, min(employee_id) as employee_id
    from roster
    group by mailbox
    having min(employee_id) = max(employee_id)
),

-- Likewise the same name at a former domain of the company, where nobody else in the roster, at whatever domain, has that name.
local_parts as (
    select split_part(mailbox, '@', 1) as local_part, min(employee_id) as employee_id
    from roster
    group by split_part(mailbox, '@', 1)
    having min(employee_id) = max(employee_id)
),

domains as (
    {{ former_mail_domains() }}
),

former_domains as (
    select distinct local_parts.employee_id, local_parts.local_part || '@' || domains.former as mailbox
    from local_parts
    inner join roster on local_parts.employee_id = roster.employee_id
    inner join domains on roster.mailbox = local_parts.local_part || '@' || domains.present
    where local_parts.local_part || '@' || domains.former not in (select mailbox from roster)
),

found_later as (
    select employee_id, mailbox, 'former_mail' as method from former_mails
    union all
    select employee_id, mailbox, 'former_domain' as method from former_domains
),

links as (
    select * from said
    union all
    select * from github
    union all
    select employee_id, '(all)', '(all)', identifier_kind, identifier, method, valid_from, valid_to from mails
    union all
    select
        found_later.employee_id, '(all)', '(all)', 'mailbox', found_later.mailbox, found_later.method, employees.first_day,
        cast('9999-12-31' as date)
    from found_later
    inner join employees on found_later.employee_id = employees.employee_id
),

final as (
    select
        employee_id,
        vendor,
        account,
        identifier_kind,
        identifier,
        method,
        {{ identity_confidence('method') }} as confidence,
        valid_from,
        max(valid_to) as valid_to
    from links
    group by employee_id, vendor, account, identifier_kind, identifier, method, valid_from
)

select * from final
where confidence >= {{ identity_threshold() }}
