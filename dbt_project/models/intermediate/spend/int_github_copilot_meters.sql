with rules as (
    select * from {{ ref('github_copilot_meters') }}
),

-- A bill has few kinds of lines: the rules are matched against those, not against every line. All generations are looked at, because
-- a restatement is told in the same words.
kinds as (
    select
        'ai_credit' as report, lower(product) as product, lower(sku) as sku, coalesce(model, '') as model,
        '' as workflow_path, lower(unit_type) as unit_type
    from {{ source('github_copilot', 'ai_credit_report') }}
    union
    select
        'ai_credit' as report, lower(product) as product, lower(sku) as sku, coalesce(model, '') as model,
        '' as workflow_path, lower(unitType) as unit_type
    from {{ source('github_copilot', 'ai_credit_usage') }}
    union
    select
        'detailed' as report, lower(product) as product, lower(sku) as sku, '' as model,
        coalesce(workflow_path, '') as workflow_path, lower(unit_type) as unit_type
    from {{ source('github_copilot', 'billing_report') }}
),

matched as (
    select
        kinds.*,
        rules.meter,
        rules.surface,
        rules.series,
        {{ empty_is_null('rules.machine') }} as machine,
        row_number() over (
            partition by kinds.report, kinds.product, kinds.sku, kinds.model, kinds.workflow_path, kinds.unit_type
            order by rules.priority
        ) as place
    from kinds
    left join rules
        on kinds.report = rules.report
        and kinds.product like rules.product
        and kinds.sku like rules.sku
        and lower(kinds.model) like rules.model
        and kinds.workflow_path like rules.workflow_path
),

-- Everything in the AI-credit reports is Copilot's: a SKU that no rule names stays in, as usage if its unit says so, else as a fee.
-- Everything else in the detailed report is not about agents.
final as (
    select
        report,
        product,
        sku,
        model,
        workflow_path,
        unit_type,
        coalesce(meter, case when report = 'ai_credit' then 'unknown' else 'out_of_scope' end) as meter,
        coalesce(surface, '(not split)') as surface,
        case
            when meter is not null then series
            when report = 'ai_credit' and unit_type in ('ai-credits', 'requests') then 'human_usage'
            when report = 'ai_credit' then 'platform_fee'
        end as series,
        machine
    from matched
    where place = 1
)

select * from final
