{% set columns = ['published_vendor', 'published_account', 'series', 'told_on', 'model'] + told_figures() %}

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

-- A model that only few use on a day, one person's own key among them, is told with others: by itself it would be what that key did.
used as (
    select {{ columns | join(', ') }}, contributor from people
    union all
    select
        {{ columns | join(', ')
            | replace('published_vendor', 'vendor') | replace('published_account', 'account') | replace('told_on', 'day') }},
        key_holder
    from contributions
    where key_holder is not null
),

{{ fold('models_told', 'used', ['published_vendor', 'published_account', 'series', 'told_on'], 'model') }},

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
