-- The days that should be here and are not, or not whole.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'data_health'}}}) }}

select vendor, stream, account, data_status, failed_because, count(*) as days_found, min(day) as since, max(day) as until
from {{ ref('data_health') }}
where data_status in ('failed', 'missing', 'partial')
group by vendor, stream, account, data_status, failed_because
