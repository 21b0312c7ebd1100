with contributions as (
    select * from {{ ref('int_privacy_contributions') }}
),

told_days as (
    select * from {{ ref('int_privacy_told_days') }} where told_on is not null
),

people as (
    select told_days.published_vendor, told_days.published_account, told_days.told_on, contributions.*
    from contributions
    inner join told_days
        on contributions.day = told_days.day
        and contributions.vendor = told_days.vendor
        and contributions.account = told_days.account
        and contributions.series = told_days.series
),

{{ fold('models_told', 'people', ['published_vendor', 'published_account', 'series', 'told_on'], 'model') }},

final as (
    select
        published_vendor,
        published_account,
        series,
        told_on,
        model,
        case when not is_folded then model when all_folded then '(all models)' else '(other models)' end as published_model
    from models_told
)

select * from final
