with records as (
    {{ newest_statement('company', 'goals') }}
),

final as (
    select
        _account as company,
        trim(goal_id) as goal_id,
        scope,
        {{ or_all('scope_id') }} as scope_id,
        measure,
        direction,
        target,
        valid_from,
        {{ or_open_end('valid_to') }} as valid_to
    from records
)

select * from final
