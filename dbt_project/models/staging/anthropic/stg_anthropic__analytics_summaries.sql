with records as (
    {{ counting_records('anthropic', 'analytics_summaries') }}
),

final as (
    select
        _account as account,
        _day as day,
        assigned_seat_count as assigned_seats,
        pending_invite_count as pending_invites,
        daily_active_user_count as active_members
    from records
)

select * from final
