with records as (
    {{ counting_records('cursor', 'groups') }}
),

final as (
    select
        _account as account,
        _day as day,
        cycleStart as cycle_started_at,
        cycleEnd as cycle_ends_at,
        id as group_id,
        name as group_name,
        isUnassigned as is_unassigned,
        memberCount as members,
        {{ cents_to_usd('spendCents') }} as spend_usd,
        currentMembers as current_members,
        formerMembers as former_members
    from records
)

select * from final
