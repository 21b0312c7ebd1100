{{ config(materialized='view') }}

-- What publications told of team weeks, person by person: written by the publisher, and empty before the first one.
with told as (
    {{ told_before() }}
),

-- Each cell as it was last told by the day of knowledge; a rebuild of a past day knows only what had been told by then.
dated as (
    select *, max(told_as_of) over (partition by week, series, published_team, published_vendor) as last_told_as_of
    from told
    where told_as_of <= {{ as_of() }}
),

final as (
    select * from dated where told_as_of = last_told_as_of
)

select * from final
