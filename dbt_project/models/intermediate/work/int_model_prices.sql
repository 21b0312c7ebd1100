{{ config(materialized='view') }}

with prices as (
    select * from {{ ref('model_prices') }}
),

stated as (
    select
        model,
        above_input_tokens,
        cast(valid_from as date) as stated_from,
        coalesce(cast({{ empty_is_null('valid_to') }} as date), cast('9999-12-31' as date)) as stated_to,
        cast({{ empty_is_null('recorded_on') }} as date) as recorded_on,
        -- A price that came into the book later leaves the months before that day as they were reported.
        greatest(
            cast(valid_from as date),
            coalesce(cast({{ dbt.date_trunc('month', "cast(" ~ empty_is_null('recorded_on') ~ " as date)") }} as date), cast(valid_from as date))
        ) as valid_from,
        {% for column in ['input_usd', 'cache_read_usd', 'cache_write_usd', 'cache_write_1h_usd', 'output_usd'] %}
        cast({{ empty_is_null(column) }} as decimal(12, 6)) as {{ column }},
        {% endfor %}
        provenance
    from prices
),

-- A price holds until the next one applies, also where that one says to have begun earlier.
followed as (
    select
        *,
        lead(stated_from) over steps as next_stated_from,
        lead(valid_from) over steps as next_valid_from
    from stated
    window steps as (partition by model, above_input_tokens order by stated_from, recorded_on)
),

periods as (
    select
        model,
        above_input_tokens,
        valid_from,
        case when next_stated_from <= stated_to then next_valid_from else stated_to end as valid_to,
        stated_from,
        recorded_on,
        input_usd,
        cache_read_usd,
        cache_write_usd,
        cache_write_1h_usd,
        output_usd,
        provenance
    from followed
),

final as (
    select
        *,
        -- The first token count that the next step begins above; the last step has no end.
        coalesce(
            lead(above_input_tokens) over (partition by model, valid_from order by above_input_tokens),
            cast(9223372036854775807 as bigint)
        ) as up_to_input_tokens
    from periods
    where valid_from < valid_to
)

select * from final
