-- Two contracts agree on the same item of one account for the same days: a price or a discount would be taken twice.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'stg_company__contracts'}}}) }}

select one.vendor, one.account, one.item, one.plan, one.sku, one.contract_id, other.contract_id as other_contract_id, other.valid_from
from {{ ref('stg_company__contracts') }} as one
inner join {{ ref('stg_company__contracts') }} as other
    on one.vendor = other.vendor
    and (one.account = other.account or one.account = '(all)' or other.account = '(all)')
    and one.item = other.item
    and one.plan = other.plan
    and one.sku = other.sku
    -- Each pair once, also where two files of the company state one contract.
    and concat(one.contract_id, ' ', one.account, ' ', one.company) < concat(other.contract_id, ' ', other.account, ' ', other.company)
    and one.valid_from < other.valid_to
    and other.valid_from < one.valid_to
    -- Fees and taxes may be several.
    and one.item not in ('fee', 'tax')
