with generations as (
    select account, day, stream || '=' || generation as part
    from {{ ref('stg_platform__current_generations') }}
    where vendor = 'otlp' and stream in ('model_calls', 'agent_spans', 'tool_calls', 'contexts')
),

-- What is told beside midnight, and late roots, reach over it.
reaching as (
    select account, day, part from generations
    union all
    select account, cast(day + 1 as date), '-' || part from generations
    union all
    select account, cast(day - 1 as date), '+' || part from generations
),

final as (
    select
        'otlp' as vendor,
        reaching.account,
        reaching.day,
        md5('{{ var("code_version") }}' || '|' || string_agg(reaching.part, '|' order by reaching.part)) as cell_version
    from reaching
    inner join (select distinct account, day from generations) as days
        on reaching.account = days.account and reaching.day = days.day
    group by reaching.account, reaching.day
)

select * from final
