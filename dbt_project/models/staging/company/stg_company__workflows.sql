with records as (
    {{ newest_statement('company', 'workflows') }}
),

final as (
    select
        _account as company,
        trim(workflow_id) as workflow_id,
        trim(name) as name,
        {{ empty_is_null('service') }} as service,
        {{ empty_is_null('repository') }} as repository,
        trim(owner_team) as owner_team,
        task_class,
        {{ empty_is_null('delivery_window') }} as delivery_window,
        baseline_manual_minutes,
        {{ empty_is_null('playbook_url') }} as playbook_url,
        valid_from,
        {{ or_open_end('valid_to') }} as valid_to
    from records
)

select * from final
