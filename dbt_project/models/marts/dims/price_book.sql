{% set classes = {
    'input': 'input_usd', 'cache_read': 'cache_read_usd', 'cache_write': 'cache_write_usd', 'cache_write_1h': 'cache_write_1h_usd',
    'output': 'output_usd'
} %}

with model_prices as (
    select * from {{ ref('int_model_prices') }}
),

other_prices as (
    select * from {{ ref('prices') }}
),

final as (
    {% for class, column in classes.items() %}
    select
        {{ provider_of('model') }} as provider,
        model as item,
        '{{ class }}' as price_class,
        above_input_tokens,
        valid_from as applies_from,
        valid_to as applies_to,
        stated_from,
        recorded_on,
        cast({{ column }} as {{ money_type() }}) as list_usd,
        'million tokens' as unit,
        provenance
    from model_prices
    where {{ column }} is not null
    union all
    {% endfor %}
    select
        vendor as provider,
        item,
        'item' as price_class,
        cast(0 as bigint) as above_input_tokens,
        cast(valid_from as date) as applies_from,
        coalesce(cast({{ empty_is_null('valid_to') }} as date), cast('9999-12-31' as date)) as applies_to,
        cast(valid_from as date) as stated_from,
        cast(null as date) as recorded_on,
        cast(usd as {{ money_type() }}) as list_usd,
        case when item like 'seat%' or item like 'included%' then 'seat and month' else item end as unit,
        source as provenance
    from other_prices
)

select * from final
