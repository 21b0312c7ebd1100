{# Rows of the bills where quantity x price is not gross, or gross minus discount is not net, by more than `tolerance` dollars. #}
{% macro billing_arithmetic(tolerance) %}
    with bills as (
        select 'ai_credit_report' as stream, account, day, quantity, unit_price_usd, gross_usd, discount_usd, net_usd
        from {{ ref('stg_github_copilot__ai_credit_report') }}
        union all
        select 'billing_report' as stream, account, day, quantity, unit_price_usd, gross_usd, discount_usd, net_usd
        from {{ ref('stg_github_copilot__billing_report') }}
        union all
        select 'ai_credit_usage' as stream, account, day, quantity, unit_price_usd, gross_usd, discount_usd, net_usd
        from {{ ref('stg_github_copilot__ai_credit_usage') }}
    )

    select
        stream, account, day, count(*) as rows_found,
        max(abs({{ times('quantity', 'unit_price_usd') }} - gross_usd)) as price_gap_usd,
        max(abs(gross_usd - discount_usd - net_usd)) as net_gap_usd
    from bills
    where abs({{ times('quantity', 'unit_price_usd') }} - gross_usd) > {{ tolerance }}
        or abs(gross_usd - discount_usd - net_usd) > {{ tolerance }}
    group by stream, account, day
{% endmacro %}
