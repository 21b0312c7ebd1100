with rules as (
    select * from {{ ref('cursor_kinds') }}
),

-- There are few kinds. All generations are looked at, because a restatement is told in the same words; the vendor writes one kind as words
-- here ("Errored, Not Charged") and as a name there (USAGE_EVENT_KIND_ERRORED_NOT_CHARGED).
kinds as (
    select distinct lower(coalesce({{ empty_is_null('kind') }}, '(none)')) as kind from {{ source('cursor', 'usage_events') }}
),

matched as (
    select kinds.kind, rules.billing, row_number() over (partition by kinds.kind order by rules.priority) as place
    from kinds
    left join rules on replace(kinds.kind, '_', ' ') like rules.pattern
),

final as (
    select kind, coalesce(billing, 'unknown') as billing from matched where place = 1
)

select * from final
