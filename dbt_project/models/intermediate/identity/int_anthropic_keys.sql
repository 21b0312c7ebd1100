with observed as (
    select
        account,
        api_key_id,
        day,
        max(name) as key_name,
        max(workspace_id) as workspace_id,
        max(owner_type) as owner_type,
        max(owner_id) as owner_id
    from {{ ref('stg_anthropic__api_keys') }}
    group by account, api_key_id, day
),

-- Only the observations that say something new.
compared as (
    select
        *,
        concat_ws('|', key_name, workspace_id, owner_type, owner_id) as said,
        row_number() over (partition by account, api_key_id order by day) as place,
        lag(concat_ws('|', key_name, workspace_id, owner_type, owner_id)) over (partition by account, api_key_id order by day) as said_before
    from observed
),

changes as (
    select * from compared where place = 1 or said_before is distinct from said
),

-- The first observation also speaks for the days before it, the last one for the days after: an archived key still appears in usage.
final as (
    select
        account,
        api_key_id,
        key_name,
        workspace_id,
        owner_type,
        owner_id,
        case when place = 1 then cast('0001-01-01' as date) else day end as valid_from,
        coalesce(lead(day) over (partition by account, api_key_id order by day), cast('9999-12-31' as date)) as valid_to
    from changes
)

select * from final
