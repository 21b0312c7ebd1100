with spend as (
    select *, cast({{ dbt.date_trunc('month', 'day') }} as date) as first_of_month
    from {{ ref('int_spend_people') }}
    where unmatched_reason is not null
),

final as (
    select
        first_of_month as month,
        vendor,
        account,
        unmatched_reason as reason,
        count(distinct case when principal_kind in ('person', 'machine') then principal end) as principals,
        {{ sum_money('consumption_usd') }} as consumption_usd,
        {{ sum_money('billed_usd') }} as billed_usd,
        {{ sum_money('effective_usd') }} as effective_usd,
        {{ worst_status('data_status') }} as data_status
    from spend
    group by first_of_month, vendor, account, unmatched_reason
)

select * from final
