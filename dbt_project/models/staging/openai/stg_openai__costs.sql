with records as (
    {{ counting_records('openai', 'costs') }}
),

-- A line item is opaque text. Where it begins with a model id and a comma ("gpt-6.1-sol, input"), that id is the model.
final as (
    select
        -- ids
        _account as account,
        _day as day,
        _generation as generation,
        _record as record,
        group_by,
        {{ openai_dimension('project_id', '(none)') }} as project,
        {{ openai_dimension('line_item', '(none)') }} as line_item,
        nullif(regexp_extract(line_item, '^([^ ,]*-[^ ,]*), ', 1), '') as model,
        api_key_id,
        user_id,
        api_source,

        -- money, as decimals from the text that was sent; another currency than dollars is unknown here and stops the publication. The vendor
        -- documents the value as dollars and the word as optional.
        coalesce(lower(amount.currency), case when amount.value is not null then 'usd' end) as currency,
        case when coalesce(lower(amount.currency), 'usd') = 'usd' then cast(amount.value as {{ money_type() }}) end as amount_usd,
        quantity,
        quantity_unit
    from records
)

select * from final
