with records as (
    {{ newest_states('git_delivery', 'deployment_statuses', 'id', 'created_at') }}
),

final as (
    select
        _account as account,
        lower(repository) as repository,
        deployment_id,
        id as status_id,
        lower(state) as state,
        created_at as occurred_at,
        creator.id as creator_id,
        lower(creator.login) as creator_login
    from records
)

select * from final
