with claims as (
    select * from {{ ref('int_github_login_claims') }}
),

logins as (
    select * from {{ ref('int_github_logins') }}
),

-- An enterprise's managed users bear its short code behind an underscore, which no other login has. HR may know the name without it.
suffixed as (
    select claims.employee_id, logins.login, 'enterprise_suffix' as method, claims.valid_from, claims.valid_to
    from (select distinct login from logins where position('_' in login) > 0) as logins
    inner join claims on regexp_replace(logins.login, '_[^_]*$', '') = claims.login
    where logins.login not in (select login from claims) and claims.login not in (select login from logins)
),

all_claims as (
    select employee_id, login, method, valid_from, valid_to from claims
    union all
    select employee_id, login, method, min(valid_from) as valid_from, max(valid_to) as valid_to
    from suffixed
    group by employee_id, login, method
),

-- A claim that began while another one still stood: HR notes a new owner and leaves the old row as it is.
later_claims as (
    select distinct later.employee_id, later.login, later.method
    from all_claims as later
    inner join all_claims as earlier
        on later.login = earlier.login
        and later.method = earlier.method
        and later.employee_id <> earlier.employee_id
        and earlier.valid_from < later.valid_from
        and later.valid_from < earlier.valid_to
),

-- A claim is about one account: the first id that was seen with the login while the claim stood, and for a later claim one that came after
-- it began. Whoever registers the login again is somebody else, also where HR never crossed the old owner out.
paired as (
    select
        all_claims.employee_id,
        all_claims.login,
        all_claims.method,
        all_claims.valid_from,
        all_claims.valid_to,
        logins.github_id,
        row_number() over (
            partition by all_claims.employee_id, all_claims.login, all_claims.method order by logins.first_seen_on, logins.github_id
        ) as place
    from all_claims
    inner join logins
        on all_claims.login = logins.login
        and logins.first_seen_on < all_claims.valid_to
        and logins.last_seen_on >= all_claims.valid_from
    left join later_claims
        on all_claims.employee_id = later_claims.employee_id
        and all_claims.login = later_claims.login
        and all_claims.method = later_claims.method
    where later_claims.login is null or logins.first_seen_on >= all_claims.valid_from
),

bound as (
    select *, min(employee_id) over (partition by github_id, method) = max(employee_id) over (partition by github_id, method) as is_alone
    from paired
    where place = 1
),

-- An id is never given to anybody else: with one claimant it is theirs on all days. Of several each has the days of the own claim.
by_id as (
    select
        employee_id,
        'vendor_id' as identifier_kind,
        cast(github_id as varchar) as identifier,
        method,
        case when is_alone then cast('0001-01-01' as date) else valid_from end as valid_from,
        case when is_alone then cast('9999-12-31' as date) else valid_to end as valid_to
    from bound
),

-- Before an id was seen with a login, or where none ever is, the claim itself is all there is.
first_holders as (
    select login, min(valid_from) as held_from from logins group by login
),

by_login as (
    select
        claims.employee_id,
        'login' as identifier_kind,
        claims.login as identifier,
        claims.method,
        claims.valid_from,
        least(claims.valid_to, coalesce(first_holders.held_from, cast('9999-12-31' as date))) as valid_to
    from claims
    left join first_holders on claims.login = first_holders.login
),

final as (
    select employee_id, identifier_kind, identifier, method, valid_from, max(valid_to) as valid_to
    from by_id
    group by employee_id, identifier_kind, identifier, method, valid_from
    union all
    select * from by_login where valid_from < valid_to
)

select * from final
