-- FOCUS 1.2: BilledCost of an invoice's charges adds up to what is to be paid on it, in its currency.
{{ config(meta={'dagster': {'ref': {'name': 'charges'}}}) }}

select bills.vendor, bills.bill_id, bills.total, charges.billed_cost
from {{ ref('int_bills') }} as bills
left join (
    select "x_Vendor" as vendor, "x_BillId" as bill_id, sum("BilledCost") as billed_cost
    from {{ ref('charges') }}
    group by "x_Vendor", "x_BillId"
) as charges on bills.vendor = charges.vendor and bills.bill_id = charges.bill_id
where bills.kind <> 'open' and coalesce(charges.billed_cost, 0) <> bills.total
