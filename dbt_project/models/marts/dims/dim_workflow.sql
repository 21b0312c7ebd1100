with workflows as (
    select * from {{ ref('stg_company__workflows') }}
),

final as (
    select
        workflow_id,
        name as workflow,
        service,
        repository,
        owner_team,
        task_class,
        delivery_window,
        baseline_manual_minutes,
        playbook_url,
        valid_from,
        valid_to,
        valid_from <= {{ as_of() }} and {{ as_of() }} < valid_to as is_current,
        company
    from workflows
)

select * from final
