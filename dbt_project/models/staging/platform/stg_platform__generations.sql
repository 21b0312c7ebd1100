with generations as (
    select * from {{ source('platform', 'generations') }}
),

-- A build of a past day sees only what had arrived by then.
known as (
    select
        vendor,
        stream,
        account,
        day,
        generation,
        fetched_at,
        fetched_on,
        complete,
        cast(rows as bigint) as records,
        cast(quarantined as bigint) as quarantined_records,
        row_hash,
        origin
    from generations
    where fetched_on <= {{ as_of() }}
)

select * from known
