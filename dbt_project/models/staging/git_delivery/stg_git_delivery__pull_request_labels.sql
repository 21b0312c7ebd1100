with records as (
    {{ newest_states('git_delivery', 'pull_requests', 'id', 'updated_at') }}
),

entries as (
    select _account as account, id as pull_request_id, unnest(labels) as entry
    from records
),

final as (
    select distinct account, pull_request_id, lower(entry.name) as label
    from entries
    where entry.name is not null
)

select * from final
