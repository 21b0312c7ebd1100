with seat_lines as (
    select * from {{ ref('int_spend') }} where vendor = 'github_copilot' and seat_months is not null
),

snapshots as (
    select * from {{ ref('stg_github_copilot__seats') }}
),

contracts as (
    select * from {{ ref('stg_company__contracts') }}
    where vendor = 'github_copilot' and item = 'allowance' and unit = 'credits_per_seat_month'
),

prices as (
    select * from {{ ref('int_prices') }} where vendor = 'github_copilot'
),

calendar as (
    select * from {{ ref('int_calendar') }} where day <= {{ as_of() }}
),

-- A seat's parts of the days of a month add up to one; where no bill tells the seats, the list of who holds one does.
seats as (
    select account, plan, day, sum(seats) as seats
    from (
        select
            account,
            case when sku like '%enterprise%' then 'enterprise' else 'business' end as plan,
            day,
            seat_months * extract(day from {{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, dbt.date_trunc('month', 'day'))) }}) as seats
        from seat_lines
    ) as told
    group by account, plan, day
    union all
    select account, plan, day, count(distinct login) as seats
    from snapshots
    where account not in (select account from seat_lines)
    group by account, plan, day
),

-- The newest count of seats on each day; before the first, none.
counted as (
    select
        account, plan, day as valid_from,
        coalesce(lead(day) over (partition by account, plan order by day), cast('9999-12-31' as date)) as valid_to,
        cast(round(seats) as integer) as seats
    from seats
),

allowances as (
    select
        counted.account,
        calendar.day,
        counted.seats,
        coalesce(
            max({{ times('contracts.amount', 'credit.usd') }}),
            max(case when list.item = 'included_' || counted.plan then list.usd end)
        ) as included_usd
    from counted
    inner join calendar on calendar.day >= counted.valid_from and calendar.day < counted.valid_to
    inner join prices as credit
        on credit.item = 'ai_credit' and calendar.day >= credit.valid_from and calendar.day < credit.valid_to
    left join contracts
        on contracts.account in (counted.account, '(all)')
        and contracts.plan in (counted.plan, '(all)')
        and calendar.day >= contracts.valid_from
        and calendar.day < contracts.valid_to
    left join prices as list
        on list.item = 'included_' || counted.plan and calendar.day >= list.valid_from and calendar.day < list.valid_to
    group by counted.account, counted.plan, calendar.day, counted.seats
),

final as (
    select
        'github_copilot' as vendor,
        account,
        day,
        {{ sum_money('seats * included_usd') }} as pool_usd
    from allowances
    group by account, day
    having count(included_usd) = count(*)
)

select * from final
