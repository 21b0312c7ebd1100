with terms as (
    select * from {{ ref('int_bill_terms') }}
),

bills as (
    select * from {{ ref('int_bills') }}
),

-- A period that still runs would be a daily series of its terms; it is told as reconciliation tells it.
final as (
    select
        terms.bill_id,
        terms.vendor,
        bills.account,
        terms.term,
        terms.bridge,
        terms.amount_usd,
        terms.evidence,
        terms.evidence_rows
    from terms
    inner join bills on terms.company = bills.company and terms.vendor = bills.vendor and terms.bill_id = bills.bill_id
    where bills.kind <> 'open'
)

select * from final
