with members as (
    select * from {{ ref('stg_github_copilot__team_members') }}
),

teams as (
    select * from {{ ref('stg_github_copilot__teams') }}
),

user_teams as (
    select * from {{ ref('stg_github_copilot__user_teams') }}
),

-- GitHub lists the members of child teams in the parent too: the leaf is the one that has no child with the same member.
parents as (
    select distinct members.account, members.day, members.organization, members.github_id, teams.parent_team_id as team_id
    from members
    inner join teams
        on members.account = teams.account
        and members.day = teams.day
        and members.organization = teams.organization
        and members.team_id = teams.team_id
    where teams.parent_team_id is not null
),

leaves as (
    select members.account, members.day, members.github_id, members.organization || '/' || members.team_slug as team
    from members
    left join parents
        on members.account = parents.account
        and members.day = parents.day
        and members.organization = parents.organization
        and members.github_id = parents.github_id
        and members.team_id = parents.team_id
    where parents.team_id is null
),

-- Memberships are observed, and small teams are only there; where none were read, the usage report names teams of five and more.
observed as (
    select account, day, github_id, team, 'members' as origin from leaves
    union
    select user_teams.account, user_teams.day, user_teams.github_id, user_teams.team_slug as team, 'report' as origin
    from user_teams
    where user_teams.account not in (select account from members)
),

final as (
    select
        account,
        day,
        github_id,
        origin,
        case when count(distinct team) = 1 then min(team) else '(several teams)' end as team
    from observed
    group by account, day, github_id, origin
)

select * from final
