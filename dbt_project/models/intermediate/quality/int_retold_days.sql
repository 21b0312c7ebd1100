with generations as (
    select * from {{ ref('stg_platform__generations') }}
),

streams as (
    select * from {{ source('platform', 'streams') }}
),

-- Only days that were told more than once; a snapshot taken twice is no restatement.
final as (
    select generations.vendor, generations.stream, generations.account, generations.day
    from generations
    inner join streams on generations.vendor = streams.vendor and generations.stream = streams.stream
    where streams."window" <> 'snapshot'
    group by generations.vendor, generations.stream, generations.account, generations.day
    having count(*) > 1
)

select * from final
