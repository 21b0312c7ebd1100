-- Two employees have an equally strong claim on one identifier on the same days: it is neither's until the roster or the identity map is put right.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_identity_links'}}}) }}

select one.vendor, one.account, one.identifier_kind, one.method, greatest(one.valid_from, other.valid_from) as first_day, count(*) as identifiers_found
from {{ ref('int_identity_links') }} as one
inner join {{ ref('int_identity_links') }} as other
    on one.vendor = other.vendor
    and one.account = other.account
    and one.identifier_kind = other.identifier_kind
    and one.identifier = other.identifier
    and one.method = other.method
    and one.employee_id < other.employee_id
    and one.valid_from < other.valid_to
    and other.valid_from < one.valid_to
group by one.vendor, one.account, one.identifier_kind, one.method, greatest(one.valid_from, other.valid_from)
