{% set classes = ['input', 'cache_read', 'cache_write', 'cache_write_1h', 'output'] %}

with book as (
    select * from {{ ref('price_book') }} where unit = 'million tokens'
),

model_tokens as (
    select * from {{ ref('int_model_tokens') }}
),

-- Models that tables without persons name, in the book's spelling.
told_models as (
    select distinct {{ model_key('model') }} as priced_model from {{ ref('dim_model') }}
),

changes as (
    select
        *,
        lag(list_usd) over (partition by provider, item, price_class, above_input_tokens order by applies_from) as old_list_usd,
        lag(applies_to) over (partition by provider, item, price_class, above_input_tokens order by applies_from) as old_applies_to
    from book
),

-- A model without an earlier price is a change too: from unknown.
changed as (
    select *
    from changes
    where recorded_on is not null or (old_list_usd is not null and old_list_usd <> list_usd)
),

by_class as (
    {% for class in classes %}
    select vendor, model, priced_model, day, '{{ class }}' as price_class, {{ class }}_tokens as tokens, has_vendor_money
    from model_tokens
    where {{ class }}_tokens <> 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- A day is open until nothing of its month is restated any more, a month after it. What was reported before stays as it was.
affected as (
    select
        changed.provider,
        changed.item,
        changed.price_class,
        changed.above_input_tokens,
        changed.applies_from,
        {% set is_open = 'by_class.day >= changed.applies_from and ' ~ dbt.dateadd('month', 2, dbt.date_trunc('month', 'by_class.day')) ~ ' > ' ~ as_of() %}
        sum(case when by_class.vendor <> 'otlp' and {{ is_open }} then by_class.tokens else 0 end) as open_tokens,
        sum(case when not by_class.has_vendor_money and {{ is_open }} then by_class.tokens else 0 end) as estimated_tokens,
        sum(case when not by_class.has_vendor_money and by_class.day < changed.applies_from then by_class.tokens else 0 end) as untouched_tokens
    from changed
    inner join by_class
        on changed.item = by_class.priced_model
        and changed.price_class = by_class.price_class
        and by_class.day >= changed.stated_from
        and by_class.day < changed.applies_to
    inner join told_models on changed.item = told_models.priced_model
    group by changed.provider, changed.item, changed.price_class, changed.above_input_tokens, changed.applies_from
),

compared as (
    select
        changed.*,
        case when changed.old_applies_to >= changed.applies_from then changed.old_list_usd end as replaced_usd,
        cast(coalesce(affected.open_tokens, 0) as bigint) as open_tokens,
        cast(coalesce(affected.estimated_tokens, 0) as bigint) as estimated_tokens,
        cast(coalesce(affected.untouched_tokens, 0) as bigint) as untouched_tokens
    from changed
    left join affected
        on changed.provider = affected.provider
        and changed.item = affected.item
        and changed.price_class = affected.price_class
        and changed.above_input_tokens = affected.above_input_tokens
        and changed.applies_from = affected.applies_from
),

final as (
    select
        provider,
        item as model,
        price_class,
        above_input_tokens,
        stated_from,
        applies_from,
        recorded_on,
        replaced_usd as old_list_usd,
        list_usd as new_list_usd,
        {% for tokens, difference in [('open_tokens', 'open_list_difference_usd'), ('estimated_tokens', 'estimated_difference_usd')] %}
        {{ tokens }},
        cast(
            cast({{ tokens }} as decimal(18, 0)) * cast(list_usd - replaced_usd as decimal(12, 6)) * cast('0.000001' as decimal(7, 6))
            as {{ money_type() }}
        ) as {{ difference }},
        {% endfor %}
        untouched_tokens,
        provenance
    from compared
)

select * from final
