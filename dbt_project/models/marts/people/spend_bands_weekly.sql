{% set partitions = [[0, 10, 25, 50, 100, 250], [0, 25, 100], [0, 50], [0, 25]] %}
{% set smallest_team = 10 %}

with told as (
    select * from {{ ref('int_team_told') }}
),

-- What each person of a told team used in a week, all vendors together; seats are no use.
persons as (
    select week, published_team as team, contributor, sum(coalesce(consumption_usd, billed_usd)) as used_usd
    from told
    where contributor is not null and series = 'human_usage' and '{{ var("manager_view") }}' <> 'off'
    group by week, published_team, contributor
    having sum(coalesce(consumption_usd, billed_usd)) > 0
),

sizes as (
    select week, team, count(*) as people from persons group by week, team having count(*) >= {{ smallest_team }}
),

-- Partitions from fine to coarse; an empty band would say of everybody that they are not in it, so each must hold k persons.
bands as (
    {% for edges in partitions %}
    {% set partition = loop.index %}
    {% set coarser = loop.last %}
    {% for edge in edges %}
    select
        {{ partition }} as partition_number, {{ edges | length }} as bands,
        cast({{ edge }} as {{ money_type() }}) as from_usd,
        cast({{ edges[loop.index] if not loop.last else 'null' }} as {{ money_type() }}) as below_usd
    {{ 'union all' if not (loop.last and coarser) }}
    {% endfor %}
    {% endfor %}
),

counted as (
    select persons.week, persons.team, bands.partition_number, bands.bands, bands.from_usd, bands.below_usd, count(*) as people
    from persons
    inner join sizes on persons.week = sizes.week and persons.team = sizes.team
    inner join bands on persons.used_usd >= bands.from_usd and (bands.below_usd is null or persons.used_usd < bands.below_usd)
    group by persons.week, persons.team, bands.partition_number, bands.bands, bands.from_usd, bands.below_usd
),

finest as (
    select week, team, min(partition_number) as partition_number
    from (
        select week, team, partition_number
        from counted
        group by week, team, partition_number
        having count(*) = max(bands) and min(people) >= {{ var('k') }}
    ) as possible
    group by week, team
),

final as (
    select
        counted.week,
        counted.team,
        counted.from_usd,
        counted.below_usd,
        cast(counted.people as bigint) as people
    from counted
    inner join finest
        on counted.week = finest.week and counted.team = finest.team and counted.partition_number = finest.partition_number
)

select * from final
