with generations as (
    select account, day, stream || '=' || generation as part
    from {{ ref('stg_platform__current_generations') }}
    where vendor = 'otlp' and stream in ('model_calls', 'agent_spans', 'tool_calls', 'approvals', 'events', 'contexts')
),

-- What is told beside midnight reaches over it, and whose session a trace is may be told on the day beside it in turn.
reaching as (
    select generations.account, cast(generations.day + steps.step as date) as day, cast(steps.step as varchar) || generations.part as part
    from generations
    cross join (select -2 as step union all select -1 union all select 0 union all select 1 union all select 2) as steps
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
