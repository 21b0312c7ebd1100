with user_days as (
    select * from {{ ref('stg_github_copilot__user_days') }}
),

-- A record is not an active day: many hold no interaction at all.
final as (
    select
        account,
        day,
        login as principal,
        interactions,
        generations,
        acceptances,
        coalesce(interactions, 0) + coalesce(generations, 0) > 0 as is_active
    from user_days
)

select * from final
