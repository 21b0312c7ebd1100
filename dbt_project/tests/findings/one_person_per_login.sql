-- Two employees claim one GitHub account on the same day, or two rosters put one employee into two teams: the lower employee id, and of
-- one employee the first team by name, has it until the roster is put right.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_person_periods'}}}) }}

select one.login, one.valid_from, other.valid_from as other_valid_from
from {{ ref('int_person_periods') }} as one
inner join {{ ref('int_person_periods') }} as other
    on coalesce(cast(one.github_id as varchar), one.login) = coalesce(cast(other.github_id as varchar), other.login)
    and (one.employee_id < other.employee_id or (one.employee_id = other.employee_id and one.team < other.team))
    and one.valid_from < other.valid_to
    and other.valid_from < one.valid_to
