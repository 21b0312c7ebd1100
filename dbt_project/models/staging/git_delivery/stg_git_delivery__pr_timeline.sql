with records as (
    {{ children_of_newest_read('pr_timeline') }}
),

final as (
    select
        _account as account,
        lower(repository) as repository,
        pull_request_id,
        id as event_id,
        -- GitHub's reference and its webhooks spell this one differently.
        case event when 'converted_to_draft' then 'convert_to_draft' else event end as event,
        created_at as occurred_at,
        actor.id as actor_id,
        lower(actor.login) as actor_login,
        actor.type as actor_type,
        requested_reviewer.id as requested_reviewer_id,
        requested_team.slug as requested_team
    from records
)

select * from final
