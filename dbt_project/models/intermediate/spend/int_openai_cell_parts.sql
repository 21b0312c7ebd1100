-- Whom a key stands for is told by a directory that is read later than the day: when it says something new, the day's cell is computed again.
select
    'openai' as vendor,
    account,
    day,
    'callers=' || md5(string_agg(
        concat_ws('|', user_id, api_key_id, principal, principal_kind), ',' order by user_id, api_key_id
    )) as part
from {{ ref('int_openai_callers') }}
group by account, day
