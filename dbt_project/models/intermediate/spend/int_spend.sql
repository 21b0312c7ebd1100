{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='sync_all_columns',
        pre_hook="{{ forget_stale_cells(ref('int_spend_cells')) }}"
    )
}}

with lines as (
    select * from {{ ref('int_spend_lines') }}
),

cells as (
    select * from {{ ref('int_spend_cells') }}
),

-- What the pre-hook left is up to date; every other cell is computed whole.
{% if is_incremental() %}
stored as (
    select distinct vendor, account, day from {{ this }}
),

due as (
    select cells.*
    from cells
    left join stored on cells.vendor = stored.vendor and cells.account = stored.account and cells.day = stored.day
    where stored.vendor is null
),
{% else %}
due as (
    select * from cells
),
{% endif %}

summed as (
    select
        lines.vendor,
        lines.account,
        lines.day,
        lines.stream,
        lines.sku,
        lines.model,
        lines.project,
        lines.organization,
        lines.repository,
        lines.cost_center,
        lines.surface,
        lines.principal,
        lines.principal_kind,
        lines.auth_kind,
        lines.series,
        lines.is_pooled,
        lines.basis,
        due.cell_version,
        {{ sum_money('lines.consumption_usd') }} as consumption_usd,
        {{ sum_money('lines.billed_usd') }} as billed_usd,
        {{ sum_money('lines.credits') }} as credits,
        {{ sum_money('lines.requests') }} as requests,
        {{ sum_count('lines.uncached_input_tokens') }} as uncached_input_tokens,
        {{ sum_count('lines.cache_read_tokens') }} as cache_read_tokens,
        {{ sum_count('lines.cache_write_tokens') }} as cache_write_tokens,
        {{ sum_count('lines.cache_write_1h_tokens') }} as cache_write_1h_tokens,
        {{ sum_count('lines.output_tokens') }} as output_tokens,
        {{ sum_count('lines.reasoning_tokens') }} as reasoning_tokens,
        {{ sum_money('lines.seat_months') }} as seat_months
    from lines
    inner join due on lines.vendor = due.vendor and lines.account = due.account and lines.day = due.day
    group by
        lines.vendor, lines.account, lines.day, lines.stream, lines.sku, lines.model, lines.project, lines.organization,
        lines.repository, lines.cost_center, lines.surface, lines.principal, lines.principal_kind, lines.auth_kind, lines.series,
        lines.is_pooled, lines.basis,
        due.cell_version
),

final as (
    select
        md5(concat_ws(
            '|', vendor, account, cast(day as varchar), stream, sku, model, project, organization, repository, cost_center,
            surface, principal, principal_kind, auth_kind, series, cast(is_pooled as varchar), basis
        )) as spend_key,
        *
    from summed
)

select * from final
