with telemetry as (
    select day, string_agg(account || '=' || cell_version, '|' order by account) as version
    from {{ ref('int_telemetry_cells') }}
    group by day
),

bill as (
    select
        day,
        {{ rows_digest([
            'spend_key', 'model', 'sku', 'effective_usd', 'consumption_usd', 'uncached_input_tokens', 'cache_read_tokens', 'cache_write_tokens',
            'output_tokens'
        ]) }} as version
    from {{ ref('int_spend_effective') }}
    where series <> 'human_seat' and principal_kind in ('person', 'machine')
    group by day
),

callers as (
    select
        day,
        {{ rows_digest(['vendor', 'account', 'principal', 'rank', 'name', 'caller', 'payer_kind', 'person_id', 'owner_workflow_id', 'is_claimed']) }} as version
    from {{ ref('int_work_callers') }}
    group by day
),

employees as (
    select distinct employee_id, lower(trim(email)) as email from {{ ref('stg_hr__roster') }} where email is not null
),

-- Of the roster and of the list of workflows only what the senders of a day name.
senders as (
    select contexts.day, {{ rows_digest(['contexts.account', 'contexts.context_key', 'employees.employee_id', 'contexts.declared']) }} as version
    from (
        select account, day, context_key, lower(principal_email) as email, {{ workflow_label('workflow_id', 'null') }} as declared
        from {{ ref('stg_otlp__contexts') }}
        where principal_email is not null or workflow_id is not null
    ) as contexts
    left join employees on contexts.email = employees.email
    group by contexts.day
),

days as (
    select day from telemetry
    union
    select day from bill
),

final as (
    select
        days.day,
        md5(concat_ws(
            '|', '{{ var("code_version") }}', coalesce(telemetry.version, '-'), coalesce(bill.version, '-'), coalesce(callers.version, '-'),
            coalesce(senders.version, '-')
        )) as cell_version
    from days
    {% for part in ['telemetry', 'bill', 'callers', 'senders'] %}
    left join {{ part }} on days.day = {{ part }}.day
    {% endfor %}
)

select * from final
