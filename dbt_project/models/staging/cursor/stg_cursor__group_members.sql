with groups as (
    select * from {{ ref('stg_cursor__groups') }}
),

members as (
    select account, day, cycle_started_at, group_id, group_name, unnest(current_members) as member from groups
    union all
    select account, day, cycle_started_at, group_id, group_name, unnest(former_members) as member from groups
),

final as (
    select
        account,
        day,
        cycle_started_at,
        group_id,
        group_name,
        member.userId as user_id,
        lower(trim(member.email)) as email,
        member.joinedAt as joined_at,
        member.leftAt as left_at,
        {{ cents_to_usd('member.spendCents') }} as spend_usd
    from members
)

select * from final
