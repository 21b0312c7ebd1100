{{ config(materialized='view') }}

{% set columns = [
    'vendor', 'account', 'day', 'stream', 'sku', 'model', 'project', 'organization', 'repository', 'cost_center',
    'surface', 'principal', 'principal_kind', 'auth_kind', 'series', 'is_pooled', 'basis', 'consumption_usd',
    'billed_usd', 'credits', 'requests', 'uncached_input_tokens', 'cache_read_tokens', 'cache_write_tokens',
    'cache_write_1h_tokens', 'output_tokens', 'reasoning_tokens', 'seat_months'
] %}

with final as (
    {{ all_vendors('spend_lines', columns) }}
)

select * from final
