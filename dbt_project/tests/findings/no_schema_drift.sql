-- Keys that no contract names: the vendor grew its report, and what it says there is not read.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'drift'}}}) }}

select * from {{ ref('drift') }}
