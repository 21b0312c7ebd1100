{{ config(materialized='table') }}

with generations as (
    select * from {{ ref('stg_platform__generations') }}
),

held as (
    select * from {{ ref('stg_platform__held_generations') }}
),

believed as (
    select generations.*
    from generations
    left join held
        on generations.vendor = held.vendor
        and generations.stream = held.stream
        and generations.account = held.account
        and generations.day = held.day
        and generations.generation = held.generation
    where held.generation is null
),

-- A partial answer never supersedes a complete one; among equals the newest counts.
ranked as (
    select
        *,
        row_number() over (
            partition by vendor, stream, account, day
            order by complete desc, fetched_at desc, generation desc
        ) as place
    from believed
),

final as (
    select vendor, stream, account, day, generation, fetched_at, fetched_on, complete, records, quarantined_records, origin
    from ranked
    where place = 1
)

select * from final
