with records as (
    {{ newest_states('git_delivery', 'deployments', 'id', 'coalesce(updated_at, created_at)') }}
),

final as (
    select
        _account as account,
        _day as day,
        id as deployment_id,
        lower(repository) as repository,
        sha as commit_sha,
        ref as branch,
        task,
        environment,
        -- The flag is optional; without it the environment's name decides.
        coalesce(production_environment, {{ names_production('lower(coalesce(original_environment, environment))') }}) as is_production,
        coalesce(transient_environment, false) as is_transient,
        creator.id as creator_id,
        lower(creator.login) as creator_login,
        creator.type as creator_type,
        created_at
    from records
)

select * from final
