with bills as (
    select * from {{ ref('int_bills') }}
),

lines as (
    select * from {{ ref('stg_company__invoice_lines') }} where kind in ('usage', 'other')
),

spend as (
    select * from {{ ref('int_spend') }}
),

logins as (
    select * from {{ ref('int_github_logins') }}
),

-- Days on which a bill begins or ends at another instant than midnight: on these, calls count by their own instant.
edges as (
    select vendor, account, cast(period_start as date) as day from bills where cast(cast(period_start as date) as timestamp) <> period_start
    union
    select vendor, account, cast(period_end as date) as day from bills where cast(cast(period_end as date) as timestamp) <> period_end
),

events as (
    select events.*
    from {{ ref('int_cursor_events') }} as events
    inner join {{ source('platform', 'accounts') }} as accounts
        on accounts.vendor = 'cursor' and accounts.ledger = 'usage_events' and events.account = accounts.account
),

-- The ledger in the words of a bill: what it is to the bill (use beyond a pool, use that a seat includes, seats), and names that a line may have.
by_day as (
    select
        spend.vendor,
        spend.account,
        spend.stream,
        spend.day,
        cast(spend.day as timestamp) as began_at,
        case when spend.series = 'human_seat' then 'seat' when spend.is_pooled then 'pooled' else 'usage' end as class,
        case when spend.is_pooled then 'ai_credits' else spend.sku end as name,
        spend.model,
        -- A seat is one person's, also where the login changed.
        case when spend.series = 'human_seat' then coalesce(cast(logins.github_id as varchar), spend.principal) else '(none)' end as seat,
        {{ sum_money('spend.consumption_usd') }} as consumption_usd,
        {{ sum_money('spend.billed_usd') }} as billed_usd,
        {{ sum_money('spend.seat_months') }} as seat_months,
        cast(null as {{ money_type() }}) as token_fee_usd,
        -- Consumed where the bill says nothing about it: nobody knows what it will be charged at. A pool is charged as one.
        max(case when spend.consumption_usd > 0 and spend.billed_usd is null and not spend.is_pooled then 1 else 0 end) = 1 as is_unknown
    from spend
    left join logins
        on spend.vendor = 'github_copilot'
        and spend.series = 'human_seat'
        and spend.principal = logins.login
        and spend.day >= logins.valid_from
        and spend.day < logins.valid_to
    where spend.vendor <> 'cursor' and (spend.consumption_usd is not null or spend.billed_usd is not null)
    group by
        spend.vendor, spend.account, spend.stream, spend.day, spend.series, spend.is_pooled, spend.sku, spend.model, logins.github_id,
        spend.principal
),

by_instant as (
    select
        'cursor' as vendor,
        events.account,
        'usage_events' as stream,
        events.day,
        case when edges.day is not null then events.occurred_at else cast(events.day as timestamp) end as began_at,
        case
            when events.billing = 'included' then 'included'
            when events.billing in ('free', 'not_charged') then 'not_charged'
            else 'usage'
        end as class,
        case when events.billing = 'own_key' then 'on_demand' else events.billing end as name,
        events.model,
        '(none)' as seat,
        {{ sum_money('events.consumption_usd') }} as consumption_usd,
        {{ sum_money('events.billed_usd') }} as billed_usd,
        cast(null as {{ money_type() }}) as seat_months,
        -- Of calls that are charged: what is included pays its fee out of what is included.
        {{ sum_money("case when events.billing in ('on_demand', 'own_key') then events.token_fee_usd end") }} as token_fee_usd,
        max(case when events.consumption_usd > 0 and events.billed_usd is null then 1 else 0 end) = 1 as is_unknown
    from events
    left join edges on edges.vendor = 'cursor' and (edges.account = events.account or edges.account = '(all)') and events.day = edges.day
    group by
        events.account, events.day, case when edges.day is not null then events.occurred_at else cast(events.day as timestamp) end,
        events.billing, events.model
),

ledger as (
    select *, row_number() over (order by vendor, account, stream, began_at, class, name, model, seat) as entry
    from (
        select * from by_day
        union all
        select * from by_instant
    ) as entries
),

-- Which bill an entry is on, by period, and which by the dates that the bill's lines name. Of several the one whose line names it, then the
-- first that was issued.
named as (
    select distinct company, vendor, invoice_id, lower(sku) as name from lines where sku is not null
),

candidates as (
    select
        ledger.entry,
        bills.company,
        bills.bill_id,
        ledger.began_at >= bills.period_start and ledger.began_at < bills.period_end as in_period,
        ledger.began_at >= bills.usage_start and ledger.began_at < bills.usage_end as in_window,
        case when named.name is not null then 0 else 1 end as preference,
        coalesce(bills.issued_on, cast('9999-12-31' as date)) as issued_on
    from ledger
    inner join bills
        on ledger.vendor = bills.vendor
        and (bills.account = '(all)' or ledger.account = bills.account)
        and ledger.began_at >= least(bills.period_start, bills.usage_start)
        and ledger.began_at < greatest(bills.period_end, bills.usage_end)
        and case when ledger.class = 'seat' then bills.has_seats else bills.has_usage end
    left join named
        on bills.company = named.company
        and bills.vendor = named.vendor
        and bills.invoice_id = named.invoice_id
        and named.name in (lower(ledger.name), lower(ledger.model))
),

places as (
    select
        *,
        row_number() over (partition by entry, in_period order by preference, issued_on, bill_id) as place_by_period,
        row_number() over (partition by entry, in_window order by preference, issued_on, bill_id) as place_by_window
    from candidates
),

assigned as (
    select entry, company, bill_id, in_period and place_by_period = 1 as is_consumed, in_window and place_by_window = 1 as is_billed
    from places
    where (in_period and place_by_period = 1) or (in_window and place_by_window = 1)
),

final as (
    select
        assigned.company,
        ledger.vendor,
        ledger.account,
        assigned.bill_id,
        ledger.stream,
        ledger.class,
        ledger.name,
        ledger.model,
        ledger.seat,
        assigned.is_consumed,
        assigned.is_billed,
        cast({{ dbt.date_trunc('month', 'ledger.day') }} as date) as month,
        {{ sum_money('ledger.consumption_usd') }} as consumption_usd,
        {{ sum_money('ledger.billed_usd') }} as billed_usd,
        {{ sum_money('ledger.seat_months') }} as seat_months,
        {{ sum_money('ledger.token_fee_usd') }} as token_fee_usd,
        max(case when ledger.is_unknown then 1 else 0 end) = 1 as is_unknown,
        cast(count(*) as bigint) as entries
    from assigned
    inner join ledger on assigned.entry = ledger.entry
    group by
        assigned.company, ledger.vendor, ledger.account, assigned.bill_id, ledger.stream, ledger.class, ledger.name, ledger.model,
        ledger.seat, assigned.is_consumed, assigned.is_billed, {{ dbt.date_trunc('month', 'ledger.day') }}
)

select * from final
