-- A vendor without list value is weighed by what it billed.
with spend as (
    select *, coalesce(consumption_usd, case when not is_pooled then billed_usd end) as weight_usd from {{ ref('int_spend_people') }}
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
    select distinct vendor from accounts where ledger is not null
),

-- Dollars of consumption by what is known about them.
known as (
    select
        vendor,
        sum(weight_usd) as weight_usd,
        sum(consumption_usd) as consumption_usd,
        sum(case when effective_usd is not null then weight_usd else 0 end) as with_effective,
        sum(case when is_person or principal_kind = 'machine' then weight_usd else 0 end) as with_principal,
        sum(case when is_person and team not in ('(no team)', '(several teams)') then weight_usd else 0 end) as with_team,
        sum(case when model <> '(not split)' then weight_usd else 0 end) as with_model,
        sum(case when surface <> '(not split)' then weight_usd else 0 end) as with_surface,
        sum(case when cost_center <> '(none)' then weight_usd else 0 end) as with_cost_center,
        count(output_tokens) as token_rows,
        sum(case when credits is not null then weight_usd else 0 end) as with_credits,
        count(billed_usd) as billed_rows
    from spend
    group by vendor
),

-- The share of a vendor's accounts that have a stream at all.
streams_seen as (
    select
        stream_days.vendor,
        count(distinct account) as accounts,
        count(distinct case when streams.measure = 'seats' and loaded_records is not null then account end) as with_seats,
        count(distinct case when streams.measure = 'activity' and loaded_records is not null then account end) as with_activity
    from stream_days
    left join {{ ref('ledger_streams') }} as streams
        on stream_days.vendor = streams.vendor and stream_days.stream = streams.stream and streams.measure in ('seats', 'activity')
    group by stream_days.vendor
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
        known.weight_usd,
        known.consumption_usd,
        known.with_effective,
        known.with_principal,
        known.with_team,
        known.with_model,
        known.with_surface,
        known.with_cost_center,
        known.token_rows,
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

-- part / whole says how far the measure is known; the seed says why it may not be.
measures as (
    {% set measures = [
        ('consumption_usd', 'consumption_usd', 'consumption_usd'),
        ('billed_usd', 'case when billed_rows > 0 then 1 else 0 end', '1'),
        ('effective_usd', 'with_effective', 'weight_usd'),
        ('invoiced_usd', '0', '1'),
        ('estimated_usd', '0', '1'),
        ('principal', 'with_principal', 'weight_usd'),
        ('team', 'with_team', 'weight_usd'),
        ('model', 'with_model', 'weight_usd'),
        ('surface', 'with_surface', 'weight_usd'),
        ('cost_center', 'with_cost_center', 'weight_usd'),
        ('tokens', 'case when token_rows > 0 then 1 else 0 end', '1'),
        ('credits', 'with_credits', 'weight_usd'),
        ('seats', 'with_seats', 'accounts'),
        ('activity', 'with_activity', 'accounts'),
        ('rest_of_the_bill', 'in_scope_usd', 'bill_usd'),
    ] %}
    {% for measure, part, whole in measures %}
    select
        vendor,
        '{{ measure }}' as measure,
        {{ share('(' ~ part ~ ')', '(' ~ whole ~ ')') }} as share
    from facts
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

reasons as (
    select * from {{ ref('coverage_reasons') }}
),

-- How much of the vendor's use the telemetry of agents explains.
told_work as (
    select
        vendor,
        {{ share("sum(case when session_key is not null then coalesce(effective_usd, 0) else 0 end)", 'sum(coalesce(effective_usd, 0))') }} as share
    from {{ ref('int_work_costs') }}
    where vendor in (select vendor from vendors)
    group by vendor
),

-- The cloud agent's sessions tell credits; by them the bill's part of it is theirs.
told_cloud_work as (
    select
        'github_copilot' as vendor,
        {{ share('sum(case when effective_usd is not null then 1 else 0 end)', 'count(*)') }} as share
    from {{ ref('int_cloud_session_costs') }}
    having count(*) > 0
),

-- Whole percent: to six digits, the rest of a vendor's total would be what one person spent.
final as (
    select
        reasons.vendor,
        reasons.measure,
        case when measures.share > 0 then 'measured' else reasons.absent end as status,
        reasons.reason,
        {{ whole_percent('measures.share') }} as share
    from reasons
    inner join measures on reasons.vendor = measures.vendor and reasons.measure = measures.measure
    union all
    select
        told_work.vendor,
        'work',
        case when told_work.share > 0 then 'measured' else 'not_ingested' end,
        'Use whose sessions told of it; the rest has no telemetry, and its work is unknown.',
        {{ whole_percent('told_work.share') }}
    from told_work
    union all
    select
        vendor,
        'cloud_agent_work',
        case when share > 0 then 'measured' else 'not_exposed' end,
        'Sessions of the cloud agent whose cost is known by their credits; what the others cost is unknown.',
        {{ whole_percent('share') }}
    from told_cloud_work
    union all
    -- What no vendor and no source tells, for all of them alike.
    select vendor, measure, absent, reason, cast(null as decimal(9, 6)) from reasons where vendor = '(all)'
)

select * from final
