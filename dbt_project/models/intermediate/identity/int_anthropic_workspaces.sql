with workspaces as (
    select * from {{ ref('stg_anthropic__workspaces') }}
),

observed as (
    select
        account,
        workspace_id,
        name,
        cost_center,
        team,
        day,
        row_number() over (partition by account, workspace_id order by day) as place,
        lead(day) over (partition by account, workspace_id order by day) as next_day
    from workspaces
),

-- What was observed holds until the next observation; the first one also for the days before, which nobody can ask for any more.
final as (
    select
        account,
        workspace_id,
        name,
        cost_center,
        team,
        case when place = 1 then cast('0001-01-01' as date) else day end as valid_from,
        coalesce(next_day, cast('9999-12-31' as date)) as valid_to
    from observed
)

select * from final
