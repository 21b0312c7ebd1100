with prices as (
    select * from {{ ref('prices') }}
),

final as (
    select
        vendor,
        item,
        cast(valid_from as date) as valid_from,
        coalesce(cast({{ empty_is_null('valid_to') }} as date), cast('9999-12-31' as date)) as valid_to,
        cast(usd as {{ money_type() }}) as usd
    from prices
)

select * from final
