{{ config(materialized='view') }}

-- What the last publication told of team weeks, person by person: written by the publisher, and empty before the first one.
with told as (
    {{ told_before() }}
),

final as (
    select * from told where told_as_of <= {{ as_of() }}
)

select * from final
