with spend as (
    select * from {{ ref('int_spend_people') }}
),

-- Who a published figure is about. Machine use is told whole by day and account, whoever's login or key it runs on; key_holder says whose.
final as (
    select
        day,
        vendor,
        account,
        series,
        model,
        team,
        case when is_person and series <> 'machine_usage' then contributor end as contributor,
        case when series = 'machine_usage' then contributor end as key_holder,
        {{ sum_money('consumption_usd') }} as consumption_usd,
        {{ sum_money('billed_usd') }} as billed_usd,
        {{ sum_money('effective_usd') }} as effective_usd,
        {{ sum_money('credits') }} as credits,
        {{ sum_money('requests') }} as requests,
        {{ sum_count(
            'coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)'
            ~ ' + coalesce(output_tokens, 0)'
        ) }} as tokens
    from spend
    group by day, vendor, account, series, model, team, is_person and series <> 'machine_usage', contributor
)

select * from final
