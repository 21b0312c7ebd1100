{# An absent address or number is told apart from all others and is joined like them. #}
{% set columns = ['vendor', 'account', 'day', 'principal', 'email', 'github_id'] %}

with principal_days as (
    select vendor, account, day, principal, cast(null as varchar) as email, github_id from {{ ref('int_github_copilot_principal_days') }}
    union all
    -- Erased people share one word, of some with an address beside it and of some without.
    select vendor, account, day, principal, max(email) as email, cast(null as bigint) as github_id
    from ({{ all_vendors('principal_days', ['vendor', 'account', 'day', 'principal', 'email']) }}) as others
    group by vendor, account, day, principal
),

links as (
    select *, {{ identity_rank('method') }} as place from {{ ref('int_identity_links') }}
),

identities as (
    select distinct vendor, account, principal, coalesce(email, '') as email, coalesce(github_id, 0) as github_id from principal_days
),

identifiers as (
    select *, 'vendor_id' as identifier_kind, principal as identifier from identities where vendor <> 'github_copilot'
    union all
    select *, 'vendor_id', cast(github_id as varchar) from identities where github_id <> 0
    union all
    select *, 'login', lower(principal) from identities
    union all
    select *, 'email', lower(trim(email)) from identities where email <> ''
    union all
    select *, 'mailbox', {{ mailbox('email') }} from identities where email <> ''
),

candidates as (
    select
        identifiers.vendor,
        identifiers.account,
        identifiers.principal,
        identifiers.email,
        identifiers.github_id,
        links.employee_id,
        links.method,
        links.confidence,
        links.place,
        links.valid_from,
        links.valid_to
    from identifiers
    inner join links
        on identifiers.identifier_kind = links.identifier_kind
        and identifiers.identifier = links.identifier
        and links.vendor in (identifiers.vendor, '(all)')
        and links.account in (identifiers.account, '(all)')
),

-- The strongest evidence of the day.
matched as (
    select
        principal_days.vendor,
        principal_days.account,
        principal_days.day,
        principal_days.principal,
        candidates.employee_id,
        candidates.method,
        candidates.confidence,
        candidates.place,
        min(candidates.place) over (
            partition by principal_days.vendor, principal_days.account, principal_days.day, principal_days.principal
        ) as strongest
    from principal_days
    inner join candidates
        on principal_days.vendor = candidates.vendor
        and principal_days.account = candidates.account
        and principal_days.principal = candidates.principal
        and coalesce(principal_days.email, '') = candidates.email
        and coalesce(principal_days.github_id, 0) = candidates.github_id
        and principal_days.day >= candidates.valid_from
        and principal_days.day < candidates.valid_to
),

decided as (
    select
        vendor,
        account,
        day,
        principal,
        min(employee_id) as employee_id,
        min(employee_id) = max(employee_id) as is_clear,
        min(method) as method,
        min(confidence) as confidence
    from matched
    where place = strongest
    group by vendor, account, day, principal
),

-- Two employees by equally strong evidence: it is neither.
final as (
    select
        {% for column in columns %}principal_days.{{ column }}, {% endfor %}
        case when decided.is_clear then decided.employee_id end as employee_id,
        case when decided.is_clear then decided.method end as match_method,
        case when decided.is_clear then decided.confidence end as match_confidence,
        case when decided.is_clear is null then 'unknown_identity' when not decided.is_clear then 'ambiguous_identity' end as unmatched_reason
    from principal_days
    left join decided
        on principal_days.vendor = decided.vendor
        and principal_days.account = decided.account
        and principal_days.day = decided.day
        and principal_days.principal = decided.principal
)

select * from final
