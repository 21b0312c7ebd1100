{{ config(materialized='view') }}

with incidents as (
    select * from {{ ref('stg_git_delivery__incidents') }}
),

final as (
    select
        account,
        issue_id,
        repository,
        issue_number,
        created_at,
        closed_at,
        state = 'open' as is_open,
        -- Closed as not planned or as a duplicate: it was none.
        coalesce(state_reason in ('not_planned', 'duplicate'), false) as is_dismissed
    from incidents
)

select * from final
