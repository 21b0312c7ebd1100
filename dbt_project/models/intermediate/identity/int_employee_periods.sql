with roster as (
    select * from {{ ref('stg_hr__roster') }}
),

bounds as (
    select employee_id, valid_from as day from roster
    union
    select employee_id, valid_to as day from roster
),

slices as (
    select employee_id, day as valid_from, lead(day) over (partition by employee_id order by day) as valid_to from bounds
),

-- Where two rows speak of the same days, as when a person goes to another legal entity and the old file never closes its row, the one that
-- began later counts. Erased people share one word: on days on which they were in several teams nobody knows whose record is whose.
final as (
    select
        employee_id,
        case when is_clear then team end as team,
        case when is_clear then division end as division,
        case when is_clear then cost_center end as cost_center,
        case when is_clear then segment end as segment,
        valid_from,
        valid_to
    from (
        select
            slices.employee_id,
            roster.team,
            roster.division,
            roster.cost_center,
            roster.segment,
            slices.valid_from,
            slices.valid_to,
            slices.employee_id <> '(erased)'
            or min(roster.team) over (partition by slices.employee_id, slices.valid_from)
            = max(roster.team) over (partition by slices.employee_id, slices.valid_from) as is_clear,
            row_number() over (
                partition by slices.employee_id, slices.valid_from
                order by roster.valid_from desc, roster.account, roster.team, roster.division, roster.cost_center, roster.segment
            ) as place
        from slices
        inner join roster
            on slices.employee_id = roster.employee_id
            and slices.valid_from >= roster.valid_from
            and slices.valid_from < roster.valid_to
    ) as ranked
    where place = 1
)

select * from final
