with spend as (
    select * from {{ ref('int_spend_people') }}
),

accounts as (
    select * from {{ source('platform', 'accounts') }}
),

stream_days as (
    select * from {{ ref('int_stream_days') }}
),

billing as (
    select billing.net_usd, meters.meter
    from {{ ref('stg_github_copilot__billing_report') }} as billing
    inner join {{ ref('int_github_copilot_meters') }} as meters
        on meters.report = 'detailed'
        and billing.product = meters.product
        and billing.sku = meters.sku
        and coalesce(billing.workflow_path, '') = meters.workflow_path
        and billing.unit_type = meters.unit_type
),

vendors as (
    select distinct vendor from accounts where ledger in ('ai_credit_report', 'ai_credit_usage', 'user_days')
),

-- Dollars of consumption by what is known about them.
known as (
    select
        vendor,
        sum(consumption_usd) as consumption_usd,
        sum(case when effective_usd is not null then consumption_usd else 0 end) as with_effective,
        sum(case when is_person or principal_kind = 'machine' then consumption_usd else 0 end) as with_principal,
        sum(case when is_person and team not in ('(no team)', '(several teams)') then consumption_usd else 0 end) as with_team,
        sum(case when model <> '(not split)' then consumption_usd else 0 end) as with_model,
        sum(case when surface <> '(not split)' then consumption_usd else 0 end) as with_surface,
        sum(case when cost_center <> '(none)' then consumption_usd else 0 end) as with_cost_center,
        sum(case when output_tokens is not null then consumption_usd else 0 end) as with_tokens,
        sum(case when credits is not null then consumption_usd else 0 end) as with_credits,
        count(billed_usd) as billed_rows
    from spend
    group by vendor
),

-- The share of a vendor's accounts that have a stream at all.
streams_seen as (
    select
        vendor,
        count(distinct account) as accounts,
        count(distinct case when stream = 'seats' and loaded_records is not null then account end) as with_seats,
        count(distinct case when stream = 'user_days' and loaded_records is not null then account end) as with_activity
    from stream_days
    group by vendor
),

on_the_bill as (
    select
        'github_copilot' as vendor,
        sum(net_usd) as billed_usd,
        sum(case when meter <> 'out_of_scope' then net_usd else 0 end) as in_scope_usd
    from billing
),

facts as (
    select
        vendors.vendor,
        known.consumption_usd,
        known.with_effective,
        known.with_principal,
        known.with_team,
        known.with_model,
        known.with_surface,
        known.with_cost_center,
        known.with_tokens,
        known.with_credits,
        known.billed_rows,
        streams_seen.accounts,
        streams_seen.with_seats,
        streams_seen.with_activity,
        on_the_bill.billed_usd as bill_usd,
        on_the_bill.in_scope_usd
    from vendors
    left join known on vendors.vendor = known.vendor
    left join streams_seen on vendors.vendor = streams_seen.vendor
    left join on_the_bill on vendors.vendor = on_the_bill.vendor
),

-- part / whole says how far the measure is known; absent says why it may not be.
measures as (
    {% set measures = [
        ('consumption_usd', 'consumption_usd', 'consumption_usd', 'not_ingested', 'List value of use: gross of the bill, or credits of the metrics report at the dated price.'),
        ('billed_usd', 'case when billed_rows > 0 then 1 else 0 end', '1', 'not_ingested', 'Net of the bill; needs a billing token or an imported export.'),
        ('effective_usd', 'with_effective', 'consumption_usd', 'not_ingested', 'Known where the bill is: billed use of the month shared out by consumption.'),
        ('invoiced_usd', '0', '1', 'not_ingested', 'No invoices are read yet.'),
        ('estimated_usd', '0', '1', 'not_exposed', 'The vendor states amounts: nothing is estimated from tokens.'),
        ('principal', 'with_principal', 'consumption_usd', 'not_exposed', 'Use that names a login or a machine; the billing summary of an organization names nobody.'),
        ('team', 'with_team', 'consumption_usd', 'not_ingested', 'People with one team on that day, from the HR roster or from GitHub teams.'),
        ('model', 'with_model', 'consumption_usd', 'not_exposed', 'The metrics report gives credits per person and day, not per model.'),
        ('surface', 'with_surface', 'consumption_usd', 'not_exposed', 'Only coding agent and code review are apart on the bill; editor, CLI and app are not split.'),
        ('cost_center', 'with_cost_center', 'consumption_usd', 'not_exposed', 'Only where a cost centre is set up at the vendor.'),
        ('tokens', 'with_tokens', 'consumption_usd', 'not_exposed', 'Token columns came to the bill in autumn 2026; earlier rows have none.'),
        ('credits', 'with_credits', 'consumption_usd', 'not_exposed', 'Before June 2026 the meter was premium requests.'),
        ('seats', 'with_seats', 'accounts', 'not_ingested', 'Observed daily; days before the first observation are not available.'),
        ('activity', 'with_activity', 'accounts', 'not_ingested', 'Interactions by feature, from the metrics report; chat on the web site is not in it.'),
        ('rest_of_the_bill', 'in_scope_usd', 'bill_usd', 'not_ingested', 'Other products on the same detailed bill are no agent spend and are left out.'),
    ] %}
    {% for measure, part, whole, absent, reason in measures %}
    select
        vendor,
        '{{ measure }}' as measure,
        '{{ reason }}' as reason,
        '{{ absent }}' as absent,
        {{ share('(' ~ part ~ ')', '(' ~ whole ~ ')') }} as share
    from facts
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        vendor,
        measure,
        case when share > 0 then 'measured' else absent end as status,
        reason,
        share
    from measures
)

select * from final
