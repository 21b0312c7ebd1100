-- Records that were refused are missing from every figure.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'quarantine'}}}) }}

select vendor, stream, account, window_start, field, reason, count(*) as records_found
from {{ ref('quarantine') }}
group by vendor, stream, account, window_start, field, reason
