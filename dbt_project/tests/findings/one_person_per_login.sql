-- Two employees have an equally strong claim on one identifier on the same days: it is neither's. Or two rosters put one employee into two teams
-- from the same day on: the first team by account and name has them. Both until the files are put right.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_identity_links'}}}) }}

select
    one.vendor, one.account, one.identifier_kind as what, one.method as told_by, greatest(one.valid_from, other.valid_from) as first_day, count(*) as cases
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
union all
select 'hr' as vendor, one.account, 'team' as what, other.account as told_by, one.valid_from as first_day, count(*) as cases
from {{ ref('stg_hr__roster') }} as one
inner join {{ ref('stg_hr__roster') }} as other
    on one.employee_id = other.employee_id and one.valid_from = other.valid_from and one.account < other.account and one.team <> other.team
group by one.account, other.account, one.valid_from
