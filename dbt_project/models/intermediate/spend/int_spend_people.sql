with spend as (
    select * from {{ ref('int_spend_effective') }}
),

person_days as (
    select * from {{ ref('int_person_days') }}
),

stream_days as (
    select * from {{ ref('int_stream_days') }}
),

-- Machines, the pool and nobody are no persons: they keep a word of their own as principal and as team.
final as (
    select
        spend.*,
        spend.principal_kind = 'person' as is_person,
        coalesce(person_days.person_id, spend.principal) as principal_key,
        coalesce(
            person_days.team,
            case spend.principal_kind when 'pool' then '(pool)' when 'machine' then '(machines)' else '(unattributed)' end
        ) as team,
        coalesce(person_days.segment, '(none)') as segment,
        coalesce(stream_days.status, 'missing') as data_status
    from spend
    left join person_days
        on spend.principal_kind = 'person'
        and spend.vendor = person_days.vendor
        and spend.account = person_days.account
        and spend.day = person_days.day
        and spend.principal = person_days.principal
    left join stream_days
        on spend.vendor = stream_days.vendor
        and spend.account = stream_days.account
        and spend.stream = stream_days.stream
        and spend.day = stream_days.day
)

select * from final
