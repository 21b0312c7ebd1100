with charges as (
    select * from {{ ref('int_charges') }}
),

vendors as (
    select * from {{ ref('vendor_names') }}
),

-- FOCUS 1.2 names. A prepaid purchase costs nothing by itself (EffectiveCost 0): the use that draws it down does.
final as (
    select
        md5(concat_ws('|', charges.vendor, charges.bill_id, charges.part)) as "x_ChargeKey",
        charges.vendor || '/' || charges.account as "BillingAccountId",
        charges.account as "BillingAccountName",
        'account' as "BillingAccountType",
        charges.currency as "BillingCurrency",
        charges.period_start as "BillingPeriodStart",
        charges.period_end as "BillingPeriodEnd",
        charges.charge_start as "ChargePeriodStart",
        charges.charge_end as "ChargePeriodEnd",
        case
            when charges.kind in ('seat', 'prepaid', 'fee', 'minimum') then 'Purchase'
            when charges.kind = 'tax' then 'Tax'
            when charges.kind in ('credit', 'refund', 'discount') then 'Credit'
            when charges.kind = 'unexplained' then 'Adjustment'
            when charges.bill_kind = 'credit_memo' then 'Credit'
            else 'Usage'
        end as "ChargeCategory",
        case when charges.bill_kind = 'credit_memo' then 'Correction' end as "ChargeClass",
        case
            when charges.kind in ('seat', 'seat month', 'minimum', 'fee') then 'Recurring'
            when charges.kind in ('prepaid', 'credit', 'refund', 'tax', 'unexplained') then 'One-Time'
            else 'Usage-Based'
        end as "ChargeFrequency",
        case charges.kind
            when 'seat' then 'Seats'
            when 'seat month' then 'Share of seats paid ahead'
            when 'usage' then 'Use'
            when 'included' then 'Use that a seat includes'
            when 'pooled' then 'Use, with what the pool covers'
            when 'not_charged' then 'Use that is not charged'
            when 'drawdown' then 'Use of prepaid credits'
            when 'unused' then 'Prepaid credits that expired'
            when 'idle' then 'Commitment that was not used'
            when 'token fee' then 'Fee per token, within the use that is charged'
            when 'committed' then 'Commitment that is not used yet'
            when 'so far' then 'Not invoiced yet'
            when 'whole' then 'Invoice without lines'
            when 'unexplained' then 'In the total, on no line'
            else upper(left(charges.kind, 1)) || substr(charges.kind, 2)
        end || coalesce(' ' || charges.plan, '') || coalesce(' ' || charges.sku, '') as "ChargeDescription",
        charges.invoice_id as "InvoiceId",
        charges.billed_cost as "BilledCost",
        charges.effective_cost as "EffectiveCost",
        charges.list_cost as "ListCost",
        charges.billed_cost as "ContractedCost",
        charges.quantity as "PricingQuantity",
        case
            when charges.quantity is null then null
            when charges.kind in ('seat', 'seat month') then 'Seats'
            when charges.kind in ('idle', 'committed', 'token fee') then 'USD'
            else 'Units'
        end as "PricingUnit",
        -- Who makes it available for purchase: a marketplace that sends the bill does, and the vendor is who made it.
        case when charges.billed_via = 'direct' then coalesce(vendors.name, charges.vendor) else charges.billed_via end as "ProviderName",
        coalesce(vendors.name, charges.vendor) as "PublisherName",
        case when charges.billed_via = 'direct' then coalesce(vendors.name, charges.vendor) else charges.billed_via end
            as "InvoiceIssuerName",
        coalesce(vendors.service, charges.vendor) as "ServiceName",
        'AI and Machine Learning' as "ServiceCategory",
        'Generative AI' as "ServiceSubcategory",
        coalesce(charges.sku, charges.plan) as "SkuId",
        case
            when charges.kind in ('unused', 'idle') then 'Unused'
            when charges.kind = 'drawdown' then 'Used'
        end as "CommitmentDiscountStatus",
        charges.vendor as "x_Vendor",
        charges.account as "x_Account",
        charges.bill_id as "x_BillId",
        charges.kind as "x_Kind",
        case
            when charges.kind in ('seat', 'seat month') then 'human_seat'
            when charges.kind = 'tax' then 'tax'
            when charges.kind in ('credit', 'refund') or charges.bill_kind = 'credit_memo' then 'credit'
            when charges.kind in ('prepaid', 'drawdown', 'unused', 'idle', 'committed') then 'commitment'
            when charges.kind in ('fee', 'minimum') then 'platform_fee'
            else '(not split)'
        end as "x_Series",
        charges.billed_usd as "x_BilledUsd",
        charges.effective_usd as "x_EffectiveUsd",
        charges.consumption_usd as "x_ConsumptionUsd"
    from charges
    left join vendors on charges.vendor = vendors.vendor
)

select * from final
