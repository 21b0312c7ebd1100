with records as (
    {{ newest_states('git_delivery', 'incidents', 'id', 'updated_at') }}
),

final as (
    select
        _account as account,
        lower(repository) as repository,
        id as issue_id,
        number as issue_number,
        state,
        state_reason,
        "user".id as author_id,
        lower("user".login) as author_login,
        created_at,
        updated_at,
        closed_at
    from records
)

select * from final
