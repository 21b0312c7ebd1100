with seats as (
    select * from {{ ref('stg_github_copilot__seats') }}
),

-- GitHub forgets activity after 90 days, and an editor without telemetry reports none.
final as (
    select
        account,
        day,
        'seats' as stream,
        login as principal,
        plan,
        cast(assigned_at as date) as assigned_on,
        cast(last_activity_at as date) as last_active_on,
        pending_cancellation_date as pending_cancellation_on,
        cast(null as {{ money_type() }}) as limit_usd
    from seats
)

select * from final
