{{ config(materialized='view') }}

-- What publications told of team weeks, person by person: written by the publisher, and empty before the first one.
with told as (
    {{ told_before() }}
),

-- What was told of no team was told as one, under whatever word for its vendors.
named as (
    select
        told_as_of, week, series, team, vendor, contributor, published_team,
        case when published_team = '(suppressed)' then '(all vendors)' else published_vendor end as published_vendor,
        consumption_usd, billed_usd, effective_usd, credits
    from told
),

-- Each cell as it was last told by the day of knowledge; a rebuild of a past day knows only what had been told by then.
dated as (
    select *, max(told_as_of) over (partition by week, series, published_team, published_vendor) as last_told_as_of
    from named
    where told_as_of <= {{ as_of() }}
),

final as (
    select * from dated where told_as_of = last_told_as_of
)

select * from final
