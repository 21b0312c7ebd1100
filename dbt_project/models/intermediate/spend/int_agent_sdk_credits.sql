with entitlements as (
    select
        plan,
        cast(usd_per_seat_month as {{ money_type() }}) as usd_per_seat_month,
        cast({{ empty_is_null('valid_from') }} as date) as valid_from,
        coalesce(cast({{ empty_is_null('valid_to') }} as date), cast('9999-12-31' as date)) as valid_to
    from {{ ref('agent_sdk_entitlements') }}
),

seats as (
    select * from {{ ref('int_anthropic_seats') }}
),

-- Announced and paused: until the vendor starts it, valid_from is empty and no seat is entitled to anything.
final as (
    select distinct
        'anthropic' as vendor,
        seats.account,
        cast({{ dbt.date_trunc('month', 'seats.day') }} as date) as month,
        seats.principal,
        entitlements.plan,
        entitlements.usd_per_seat_month
    from seats
    inner join entitlements
        on seats.plan = entitlements.plan
        and seats.day >= entitlements.valid_from
        and seats.day < entitlements.valid_to
)

select * from final
