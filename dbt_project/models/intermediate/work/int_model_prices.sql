{{ config(materialized='view') }}

with prices as (
    select * from {{ ref('model_prices') }}
),

final as (
    select
        model,
        above_input_tokens,
        -- The first token count that the next step begins above; the last step has no end.
        coalesce(
            lead(above_input_tokens) over (partition by model, valid_from order by above_input_tokens),
            cast(9223372036854775807 as bigint)
        ) as up_to_input_tokens,
        cast(valid_from as date) as valid_from,
        coalesce(cast({{ empty_is_null('valid_to') }} as date), cast('9999-12-31' as date)) as valid_to,
        {% for column in ['input_usd', 'cache_read_usd', 'cache_write_usd', 'cache_write_1h_usd', 'output_usd'] %}
        cast({{ empty_is_null(column) }} as decimal(12, 6)) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from prices
)

select * from final
