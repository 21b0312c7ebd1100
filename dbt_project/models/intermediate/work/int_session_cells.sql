with days as (
    select distinct account, session_key, day, cell_version from {{ ref('int_agent_activity') }}
),

final as (
    select account, session_key, md5('{{ var("code_version") }}' || '|' || {{ rows_digest(['day', 'cell_version']) }}) as cell_version
    from days
    group by account, session_key
)

select * from final
