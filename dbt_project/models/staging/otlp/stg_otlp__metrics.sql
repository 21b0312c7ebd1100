with records as (
    {{ counting_records('otlp', 'metrics') }}
),

final as (
    select
        _account as account,
        _day as day,
        context_key,
        session_key,
        emitter,
        metric,
        "at" as told_at,
        since,
        temporality,
        model,
        lower(token_type) as token_type,
        initiator,
        amount
    from records
)

select * from final
