with records as (
    {{ counting_records('anthropic', 'spend_limits') }}
),

-- A limit that is not of one member (of a workspace, say) says nothing of anybody's seat.
-- Only a monthly limit in dollars can stand beside the other vendors'; null is unlimited, 0 is included use only.
final as (
    select
        _account as account,
        _day as day,
        coalesce(actor.user_id, scope.user_id) as user_id,
        lower({{ empty_is_null('actor.email_address') }}) as email,
        source.type as source,
        source.seat_tier as plan,
        case when upper(currency) = 'USD' and period = 'monthly' then {{ cents_to_usd('amount') }} end as limit_usd
    from records
    where coalesce(actor.user_id, scope.user_id) is not null
)

select * from final
