with records as (
    {{ counting_records('cursor', 'spend') }}
),

-- Older answers lack the overall figure; some have the included part by itself.
final as (
    select
        _account as account,
        _day as day,
        _generation as generation,
        {{ epoch_ms_instant('subscriptionCycleStart') }} as cycle_started_at,
        userId as user_id,
        lower({{ empty_is_null('email') }}) as email,
        lower(coalesce(role, 'unknown')) as role,
        billingTier as tier,
        {{ cents_to_usd('spendCents') }} as on_demand_usd,
        {{ cents_to_usd('coalesce(overallSpendCents, spendCents + includedSpendCents)') }} as overall_usd,
        -- No override is written as 0; no limit as null.
        cast(coalesce(effectivePerUserLimitDollars, nullif(hardLimitOverrideDollars, 0), monthlyLimitDollars) as {{ money_type() }})
            as limit_usd
    from records
)

select * from final
