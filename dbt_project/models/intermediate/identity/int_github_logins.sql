with sightings as (
    select login, github_id, day from {{ ref('stg_github_copilot__user_days') }}
    union
    select login, github_id, day from {{ ref('stg_github_copilot__user_teams') }}
    union
    -- A seat may be nobody's.
    select login, github_id, day from {{ ref('stg_github_copilot__seats') }} where login is not null
    union
    select login, github_id, day from {{ ref('stg_github_copilot__team_members') }}
),

tenures as (
    select login, github_id, min(day) as first_seen_on, max(day) as last_seen_on
    from sightings
    group by login, github_id
),

-- Whoever was seen under another login before did not have this one then, and whoever is seen under another one later has it no more.
elsewhere as (
    select
        tenures.login,
        tenures.github_id,
        max(case when others.day < tenures.first_seen_on then others.day end) as before_on,
        min(case when others.day > tenures.last_seen_on then others.day end) as after_on
    from tenures
    inner join sightings as others on tenures.github_id = others.github_id and tenures.login <> others.login
    group by tenures.login, tenures.github_id
),

claims as (
    select login, valid_from from {{ ref('int_github_login_claims') }}
),

-- The claim under which a login was first seen; what a claim before it says is about somebody else.
claimed as (
    select tenures.login, tenures.github_id, max(claims.valid_from) as claimed_from
    from tenures
    inner join claims on tenures.login = claims.login and claims.valid_from <= tenures.first_seen_on
    group by tenures.login, tenures.github_id
),

-- A login can be given up and registered again by somebody else: from the day on which the next id shows up, it is that one's.
ordered as (
    select
        tenures.login,
        tenures.github_id,
        tenures.first_seen_on,
        tenures.last_seen_on,
        elsewhere.before_on,
        elsewhere.after_on,
        claimed.claimed_from,
        row_number() over (partition by tenures.login order by tenures.first_seen_on, tenures.github_id) as place,
        lead(tenures.first_seen_on) over (partition by tenures.login order by tenures.first_seen_on, tenures.github_id) as next_seen_on
    from tenures
    left join elsewhere on tenures.login = elsewhere.login and tenures.github_id = elsewhere.github_id
    left join claimed on tenures.login = claimed.login and tenures.github_id = claimed.github_id
),

-- The first holder also had it before we looked, as bills reach further back than the other reports; but not before anybody was said to have
-- it, and not while under another login.
final as (
    select
        login,
        github_id,
        case
            when place > 1 then first_seen_on
            when before_on is not null then cast({{ dbt.dateadd('day', 1, 'before_on') }} as date)
            else coalesce(claimed_from, cast('0001-01-01' as date))
        end as valid_from,
        least(coalesce(next_seen_on, cast('9999-12-31' as date)), coalesce(after_on, cast('9999-12-31' as date))) as valid_to,
        first_seen_on,
        last_seen_on
    from ordered
)

select * from final
where valid_from < valid_to
