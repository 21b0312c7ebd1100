with holidays as (
    select distinct entity, day from {{ ref('stg_company__holidays') }}
),

roster as (
    select * from {{ ref('stg_hr__roster') }}
),

people as (
    select
        days.day,
        count(distinct roster.employee_id) as everybody,
        count(distinct case when holidays.entity is not null then roster.employee_id end) as off
    from (select distinct day from holidays) as days
    left join roster on days.day >= roster.valid_from and days.day < roster.valid_to
    left join holidays on days.day = holidays.day and roster.entity = holidays.entity
    group by days.day
),

-- Without a roster every legal entity that has holidays is as large as the others.
entities as (
    select day, count(*) as off, (select count(distinct entity) from holidays) as everybody
    from holidays
    group by day
),

final as (
    select
        entities.day,
        cast(
            case
                when people.everybody > 0 then people.off / cast(people.everybody as double)
                else entities.off / cast(entities.everybody as double)
            end as decimal(9, 6)
        ) as holiday_share
    from entities
    left join people on entities.day = people.day
)

select * from final
