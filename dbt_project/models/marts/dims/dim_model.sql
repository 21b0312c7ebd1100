with spend as (
    select * from {{ ref('int_spend') }}
),

named as (
    select
        vendor,
        model,
        -- The vendor marks a model that it picked itself.
        model like 'Auto: %' as auto_selected,
        replace(lower(case when model like 'Auto: %' then substr(model, 7) else model end), ' ', '-') as model_name,
        min(day) as first_day,
        max(day) as last_day
    from spend
    group by vendor, model
),

final as (
    select
        vendor,
        model,
        model_name,
        case
            when model_name like 'claude%' then 'anthropic'
            when model_name like 'gpt%' or model_name like 'o1%' or model_name like 'o3%' or model_name like 'o4%' then 'openai'
            when model_name like 'gemini%' then 'google'
            when model_name like 'grok%' then 'xai'
            when model_name like 'mai-%' then 'microsoft'
            else '(unknown)'
        end as provider,
        auto_selected,
        first_day,
        last_day
    from named
)

select * from final
