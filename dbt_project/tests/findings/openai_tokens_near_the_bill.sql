-- Tokens of the usage report against tokens of the bill, where both are complete. OpenAI says that the two may differ (refused requests are used and
-- not billed): more than 2 % and 100,000 tokens apart on a day is worth a look, and usage without any bill above all.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_spend'}}}) }}
-- Dagster shows the result on that asset: depends_on: {{ ref('int_spend') }}

with complete_days as (
    select account, day
    from {{ ref('int_stream_days') }}
    where vendor = 'openai' and stream in ('costs', 'usage_completions', 'usage_other') and status = 'complete'
    group by account, day
    having count(*) = 3
),

tellings as (
    select account, day, input_tokens + output_tokens as used, 0 as billed from {{ ref('stg_openai__usage_completions') }}
    union all
    select account, day, coalesce(input_tokens, 0) as used, 0 as billed from {{ ref('stg_openai__usage_other') }} where modality = 'embeddings'
    union all
    select account, day, 0 as used, case quantity_unit when 'tokens' then quantity when '1000_tokens' then quantity * 1000 end as billed
    from {{ ref('stg_openai__costs') }}
    where quantity_unit in ('tokens', '1000_tokens')
),

compared as (
    select account, day, sum(used) as used_tokens, sum(billed) as billed_tokens
    from tellings
    group by account, day
)

select compared.account, compared.day, compared.used_tokens, compared.billed_tokens
from compared
inner join complete_days on compared.account = complete_days.account and compared.day = complete_days.day
where abs(used_tokens - billed_tokens) > 100000
    and abs(used_tokens - billed_tokens) * 50 > greatest(used_tokens, billed_tokens)
