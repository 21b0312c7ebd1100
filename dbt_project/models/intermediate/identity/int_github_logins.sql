with sightings as (
    select login, github_id, day from {{ ref('stg_github_copilot__user_days') }}
    union
    select login, github_id, day from {{ ref('stg_github_copilot__user_teams') }}
    union
    select login, github_id, day from {{ ref('stg_github_copilot__seats') }}
    union
    select login, github_id, day from {{ ref('stg_github_copilot__team_members') }}
),

first_sightings as (
    select login, github_id, min(day) as first_seen_on
    from sightings
    group by login, github_id
),

-- A login can be given up and registered again by somebody else: from the day on which the next id shows up, it is that one's.
ordered as (
    select
        login,
        github_id,
        first_seen_on,
        row_number() over (partition by login order by first_seen_on, github_id) as place,
        lead(first_seen_on) over (partition by login order by first_seen_on, github_id) as next_seen_on
    from first_sightings
),

-- The first holder also had it before we looked; bills reach further back than the other reports.
final as (
    select
        login,
        github_id,
        case when place = 1 then cast('0001-01-01' as date) else first_seen_on end as valid_from,
        coalesce(next_seen_on, cast('9999-12-31' as date)) as valid_to
    from ordered
)

select * from final
where valid_from < valid_to
