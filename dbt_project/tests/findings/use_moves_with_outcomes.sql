-- After a goal or a stage of a budget use moved and outcomes did not, as shown in the last five weeks. A reason to look, without names; where: mart goodhart_checks.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'goodhart_checks'}}}) }}

select event, scope, verdict, count(*) as events_found, max(event_on) as last_event_on
from {{ ref('goodhart_checks') }}
where verdict in ('use_up_alone', 'use_down_alone')
    -- A window is told of teams up to five weeks after it ended.
    and after_to >= {{ as_of() }} - interval 70 day
group by event, scope, verdict
