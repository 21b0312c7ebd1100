{% set columns = [
    'vendor', 'account', 'day', 'principal', 'person_id', 'team', 'division', 'person_cost_center', 'segment', 'team_method',
    'match_method', 'match_confidence', 'unmatched_reason'
] %}

with final as (
    select {{ columns | join(', ') }} from {{ ref('int_github_copilot_person_days') }}
    union all
    select {{ columns | join(', ') }} from {{ ref('int_email_person_days') }}
)

select * from final
