-- int_spend_told has each row of the ledger once, and withholds only what is of persons.
with ledger as (
    select
        vendor, day, count(*) as lines, sum(consumption_usd) as consumption_usd, sum(billed_usd) as billed_usd,
        sum(effective_usd) as effective_usd
    from {{ ref('int_spend_people') }}
    group by vendor, day
),

told as (
    select
        vendor, day, count(*) as lines, sum(consumption_usd) as consumption_usd, sum(billed_usd) as billed_usd,
        sum(effective_usd) as effective_usd,
        count(case when told_on is null and series in ('machine_usage', 'platform_fee') then 1 end) as machines_withheld
    from {{ ref('int_spend_told') }}
    group by vendor, day
)

select ledger.*, told.lines as told_lines, told.machines_withheld
from ledger
full outer join told on ledger.vendor = told.vendor and ledger.day = told.day
where ledger.lines is distinct from told.lines
    or ledger.consumption_usd is distinct from told.consumption_usd
    or ledger.billed_usd is distinct from told.billed_usd
    or ledger.effective_usd is distinct from told.effective_usd
    or told.machines_withheld > 0
