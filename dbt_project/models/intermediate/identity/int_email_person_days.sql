with principal_days as (
    {{ all_vendors('principal_days', ['vendor', 'account', 'day', 'principal', 'email']) }}
),

roster as (
    select * from {{ ref('stg_hr__roster') }}
),

-- The mailbox: case, and what stands behind a plus, make no other person.
mailboxes as (
    select distinct employee_id, {{ mailbox('email') }} as mailbox, valid_from, valid_to from roster where email is not null
),

-- Who holds the mailbox on the day, else who held it before, else who comes to hold it: an address outlives a move and a marriage.
holders as (
    select
        principal_days.vendor,
        principal_days.account,
        principal_days.day,
        principal_days.principal,
        mailboxes.employee_id,
        row_number() over (
            partition by principal_days.vendor, principal_days.account, principal_days.day, principal_days.principal
            order by
                case
                    when principal_days.day >= mailboxes.valid_from and principal_days.day < mailboxes.valid_to then 1
                    when principal_days.day >= mailboxes.valid_from then 2
                    else 3
                end,
                mailboxes.valid_from desc,
                mailboxes.employee_id
        ) as place
    from principal_days
    inner join mailboxes on {{ mailbox('principal_days.email') }} = mailboxes.mailbox
),

final as (
    select
        principal_days.vendor,
        principal_days.account,
        principal_days.day,
        principal_days.principal,
        case
            when holders.employee_id is not null then 'hr:' || holders.employee_id
            when principal_days.email is not null then 'mail:' || principal_days.email
            else principal_days.vendor || ':' || principal_days.principal
        end as person_id,
        -- Erased people share one word: on a day on which they were in several teams nobody knows any more whose record is whose.
        coalesce(case when min(roster.team) = max(roster.team) then min(roster.team) end, '(no team)') as team,
        coalesce(case when min(roster.team) = max(roster.team) then min(roster.division) end, '(none)') as division,
        coalesce(case when min(roster.team) = max(roster.team) then min(roster.cost_center) end, '(none)') as person_cost_center,
        coalesce(case when min(roster.team) = max(roster.team) then min(roster.segment) end, '(none)') as segment,
        case when holders.employee_id is not null then 'hr' when count(roster.employee_id) = 0 then 'not_in_roster' end as team_method
    from principal_days
    left join holders
        on principal_days.vendor = holders.vendor
        and principal_days.account = holders.account
        and principal_days.day = holders.day
        and principal_days.principal = holders.principal
        and holders.place = 1
    left join roster
        on holders.employee_id = roster.employee_id and principal_days.day >= roster.valid_from and principal_days.day < roster.valid_to
    group by
        principal_days.vendor, principal_days.account, principal_days.day, principal_days.principal, principal_days.email,
        holders.employee_id
)

select * from final
