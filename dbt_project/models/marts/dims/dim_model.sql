with spend as (
    select * from {{ ref('int_spend_told') }}
),

-- Models under the names that are told: one that few people use is not named.
named as (
    select
        vendor,
        published_model as model,
        -- The vendor marks a model that it picked itself.
        published_model like 'Auto: %' as auto_selected,
        replace(lower(case when published_model like 'Auto: %' then substr(published_model, 7) else published_model end), ' ', '-') as model_name,
        min(told_on) as first_day,
        max(told_on) as last_day
    from spend
    where told_on is not null
    group by vendor, published_model
),

final as (
    select
        vendor,
        model,
        model_name,
        {{ provider_of('model_name') }} as provider,
        auto_selected,
        first_day,
        last_day
    from named
)

select * from final
