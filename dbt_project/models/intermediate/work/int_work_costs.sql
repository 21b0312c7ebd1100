{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='sync_all_columns',
        pre_hook="{{ forget_stale_cells(ref('int_work_cells'), by=['day']) }}"
    )
}}

{% set classes = ['uncached_input', 'cache_read', 'cache_write', 'output'] %}

-- Pools are of one day, so a day is worked up without all others.
with due as (
    select cells.*
    from {{ ref('int_work_cells') }} as cells
    {% if is_incremental() %}
    left join (select distinct day from {{ this }}) as stored on cells.day = stored.day
    where stored.day is null
    {% endif %}
),

calls as (
    select
        turn_calls.*,
        -- Whose bill a call is on: its provider's, where the agent sends none its maker's.
        case
            when emitter = 'copilot' then 'github_copilot'
            when emitter = 'claude_code' then 'anthropic'
            when emitter = 'codex' then 'openai'
            when provider in ('anthropic', 'openai', 'cursor') then provider
        end as bill_vendor,
        {{ bill_model('model') }} as bill_model
    from {{ ref('int_turn_calls') }} as turn_calls
    inner join due on turn_calls.day = due.day
),

contexts as (
    select
        account,
        context_key,
        {% for column in ['service', 'principal_email', 'principal_id', 'principal_account_id', 'organization_id', 'workflow_id'] %}
        min({{ column }}) as {{ column }},
        {% endfor %}
        coalesce(min(workflow_run_id), min(ci_run_id)) as run_id
    from {{ ref('stg_otlp__contexts') }}
    where day in (select day from due)
    group by account, context_key
),

spend as (
    select *, {{ bill_model('model') }} as bill_model, {{ token_class('sku') }} as token_class
    from {{ ref('int_spend_effective') }}
    where day in (select day from due) and series <> 'human_seat' and principal_kind in ('person', 'machine')
),

employees as (
    select distinct employee_id, lower(trim(email)) as email from {{ ref('stg_hr__roster') }} where email is not null
),

names as (
    select * from {{ ref('int_work_callers') }} where day in (select day from due)
),

callers as (
    select distinct vendor, account, day, principal, caller, payer_kind, person_id, owner_workflow_id, is_claimed from names
),

-- The work that is paid together: what one turn asked of one model on one day.
parts as (
    select
        calls.account as telemetry_account,
        calls.day,
        calls.session_key,
        calls.turn_key,
        calls.context_key,
        calls.bill_vendor,
        calls.bill_model,
        md5(concat_ws(
            '|', calls.account, cast(calls.day as varchar),
            {% for column in ['session_key', 'turn_key', 'context_key', 'bill_vendor', 'bill_model'] %}
            coalesce(cast(calls.{{ column }} as varchar), '-'){{ ',' if not loop.last }}
            {% endfor %}
        )) as part_key,
        {{ sum_count('calls.calls') }} as calls,
        {{ sum_count('calls.uncached_input_tokens') }} as uncached_input_tokens,
        {{ sum_count('calls.cache_read_tokens') }} as cache_read_tokens,
        {{ sum_count('calls.cache_write_tokens') }} as cache_write_tokens,
        {{ sum_count('calls.output_tokens') }} as output_tokens,
        {{ sum_money('calls.worth_usd') }} as estimated_usd
    from calls
    group by
        calls.account, calls.day, calls.session_key, calls.turn_key, calls.context_key, calls.bill_vendor, calls.bill_model
),

claimed as (
    select account, context_key, 1 as rank, 'id:' || lower(principal_id) as name, organization_id from contexts where principal_id is not null
    union
    select account, context_key, 1, 'id:' || lower(principal_account_id), organization_id from contexts where principal_account_id is not null
    union
    select account, context_key, 2, 'mail:' || lower(principal_email), organization_id from contexts where principal_email is not null
    union
    select contexts.account, contexts.context_key, 2, 'hr:' || employees.employee_id, contexts.organization_id
    from contexts
    inner join employees on lower(contexts.principal_email) = employees.email
    union
    select account, context_key, 3, 'key:' || lower(service), organization_id from contexts where service is not null
    union
    select account, context_key, 4, 'workflow:' || workflow_id, organization_id from contexts where workflow_id is not null
),

matches as (
    select
        seen.telemetry_account,
        seen.context_key,
        seen.day,
        seen.bill_vendor,
        names.account,
        names.caller,
        claimed.rank,
        -- The sender's own account decides where one address stands in several.
        rank() over (
            partition by seen.telemetry_account, seen.context_key, seen.day, seen.bill_vendor
            order by claimed.rank, case when claimed.organization_id = names.account then 1 else 2 end
        ) as place
    from (select distinct telemetry_account, context_key, day, bill_vendor from parts) as seen
    inner join claimed on seen.telemetry_account = claimed.account and seen.context_key = claimed.context_key
    inner join names on seen.bill_vendor = names.vendor and seen.day = names.day and claimed.name = names.name and claimed.rank = names.rank
),

matched as (
    select
        telemetry_account, context_key, day, bill_vendor,
        min(account) as account,
        min(caller) as caller,
        min(rank) as rank,
        count(distinct account || '|' || caller) as callers
    from matches
    where place = 1
    group by telemetry_account, context_key, day, bill_vendor
),

-- Whom nobody recognised draws on the machines that nobody claims; a person's telemetry never draws on machines.
placed as (
    select
        parts.*,
        case
            when matched.callers = 1 then matched.account
            when matched.callers is null and coalesce(contexts.principal_email, contexts.principal_id, contexts.principal_account_id) is null then '(all)'
        end as pool_account,
        case
            when matched.callers = 1 then matched.caller
            when matched.callers is null and coalesce(contexts.principal_email, contexts.principal_id, contexts.principal_account_id) is null
                then '(machines)'
        end as pool_principal,
        case when matched.callers = 1 then 'direct' else 'allocated' end as cost_method,
        coalesce(contexts.principal_email, contexts.principal_id, contexts.principal_account_id) is not null as is_person,
        contexts.workflow_id,
        -- A run of a workflow that the company declares is machine work, whoever's login or key it runs on. A workflow's name alone, as a person's
        -- terminal may bear it, is no run.
        contexts.run_id is not null and {{ workflow_label('contexts.workflow_id', 'null') }} = contexts.workflow_id as is_declared_run
    from parts
    left join contexts on parts.telemetry_account = contexts.account and parts.context_key = contexts.context_key
    left join matched
        on parts.telemetry_account = matched.telemetry_account
        and parts.context_key = matched.context_key
        and parts.day = matched.day
        and parts.bill_vendor = matched.bill_vendor
),

-- Only on such days are the machines that nobody claims put together.
nameless_days as (
    select distinct bill_vendor as vendor, day from placed where pool_principal = '(machines)'
),

pooled as (
    select
        spend.*,
        callers.caller,
        callers.payer_kind,
        callers.owner_workflow_id,
        case when callers.payer_kind = 'machine' and not callers.is_claimed and nameless_days.day is not null then '(all)' else spend.account end
            as pool_account,
        case
            when callers.payer_kind = 'machine' and not callers.is_claimed and nameless_days.day is not null then '(machines)'
            else callers.caller
        end as pool_principal
    from spend
    inner join callers
        on spend.vendor = callers.vendor
        and spend.account = callers.account
        and spend.day = callers.day
        and spend.principal = callers.principal
    left join nameless_days on spend.vendor = nameless_days.vendor and spend.day = nameless_days.day
),

-- Tokens stand on rows of their own beside the money. Millions, so that money times weight fits.
pool_tokens as (
    select
        vendor, pool_account, pool_principal, day, bill_model, principal
        {% for class in classes %}
        , {{ sum_count(class ~ '_tokens') }} as {{ class }}_tokens
        {% endfor %}
    from pooled
    where token_class is distinct from 'other'
    group by vendor, pool_account, pool_principal, day, bill_model, principal
),

caller_money as (
    select
        vendor, pool_account, pool_principal, day, bill_model, principal, payer_kind, owner_workflow_id, token_class,
        {{ sum_money('effective_usd') }} as effective_usd,
        {{ sum_money('consumption_usd') }} as consumption_usd
    from pooled
    where effective_usd is not null
    group by vendor, pool_account, pool_principal, day, bill_model, principal, payer_kind, owner_workflow_id, token_class
),

-- What of it telemetry can explain at most: the tokens of its class where the bill tells them, else its value at list.
caller_pots as (
    select
        money.*,
        case
            {% for class in classes %}
            when money.token_class = '{{ class }}' then tokens.{{ class }}_tokens
            {% endfor %}
        end as class_tokens
    from caller_money as money
    left join pool_tokens as tokens
        on money.vendor = tokens.vendor
        and money.pool_account = tokens.pool_account
        and money.pool_principal = tokens.pool_principal
        and money.day = tokens.day
        and money.bill_model = tokens.bill_model
        and money.principal = tokens.principal
),

unit_pots as (
    select
        vendor, pool_account, pool_principal, day, bill_model, payer_kind,
        case when token_class = 'other' then 'other' when class_tokens > 0 then token_class else 'all' end as driver,
        {{ sum_money('effective_usd') }} as pot_usd,
        {{ sum_money('coalesce(consumption_usd, effective_usd)') }} as value_usd,
        {{ sum_count('class_tokens') }} as class_tokens,
        {{ only_value("coalesce(owner_workflow_id, '')") }} as owner_workflow_id,
        -- What a token cost the dearest and the cheapest principal of the pool, against its mean.
        min(cast(effective_usd as double) / class_tokens) as cheapest,
        max(cast(effective_usd as double) / class_tokens) as dearest
    from caller_pots
    group by
        vendor, pool_account, pool_principal, day, bill_model, payer_kind,
        case when token_class = 'other' then 'other' when class_tokens > 0 then token_class else 'all' end
),

pots as (
    select
        *,
        md5(concat_ws('|', vendor, pool_account, pool_principal, cast(day as varchar), bill_model, payer_kind, driver)) as pot_key,
        case
            when driver = 'other' then cast(0 as {{ money_type() }})
            when driver = 'all' then value_usd
            else cast(class_tokens * cast('0.000001' as decimal(7, 6)) as {{ money_type() }})
        end as capacity,
        case when class_tokens > 0 and pot_usd > 0 then cheapest * class_tokens / cast(pot_usd as double) else 1 end as low_ratio,
        case when class_tokens > 0 and pot_usd > 0 then dearest * class_tokens / cast(pot_usd as double) else 1 end as high_ratio
    from unit_pots
),

part_weights as (
    select
        pots.pot_key,
        placed.part_key,
        case pots.driver
            when 'all' then placed.estimated_usd
            {% for class in classes %}
            when '{{ class }}' then cast(placed.{{ class }}_tokens * cast('0.000001' as decimal(7, 6)) as {{ money_type() }})
            {% endfor %}
        end as weight
    from placed
    inner join pots
        on placed.bill_vendor = pots.vendor
        and placed.pool_account = pots.pool_account
        and placed.pool_principal = pots.pool_principal
        and placed.day = pots.day
        and placed.bill_model = pots.bill_model
    where pots.driver <> 'other'
),

-- What no telemetry explains is a claim too, so that known work never carries it.
rests as (
    select
        pots.pot_key,
        '(rest)' as part_key,
        greatest(pots.capacity - coalesce(told.weight, 0), cast(0 as {{ money_type() }})) as weight
    from pots
    left join (
        select pot_key, {{ sum_money('weight') }} as weight from part_weights group by pot_key
    ) as told on pots.pot_key = told.pot_key
),

claims as (
    select * from part_weights where weight > 0
    union all
    select * from rests where weight > 0
),

shares as (
    {{ allocate('pots', 'claims', ['pot_key'], 'part_key', 'pot_usd', 'weight') }}
),

costs as (
    select
        shares.part_key,
        {{ sum_money('shares.share') }} as effective_usd,
        cast(sum(cast(cast(shares.share as double) * pots.low_ratio as decimal(28, 6))) as decimal(28, 6)) as low_usd,
        cast(sum(cast(cast(shares.share as double) * pots.high_ratio as decimal(28, 6))) as decimal(28, 6)) as high_usd
    from shares
    inner join pots on shares.pot_key = pots.pot_key
    where shares.part_key <> '(rest)'
    group by shares.part_key
),

worked as (
    select
        placed.part_key as cost_key,
        placed.telemetry_account,
        placed.day,
        placed.session_key,
        placed.turn_key,
        placed.context_key,
        placed.bill_vendor as vendor,
        placed.pool_account as account,
        placed.pool_principal as principal,
        case
            when placed.is_declared_run or coalesce(kinds.payer_kind, case when placed.is_person then 'login' else 'machine' end) = 'machine'
                then 'machine'
            else 'person'
        end as principal_kind,
        coalesce(kinds.payer_kind, case when placed.is_person then 'login' else 'machine' end) as payer_kind,
        kinds.person_id,
        coalesce(placed.workflow_id, nullif(kinds.owner_workflow_id, '')) as workflow_id,
        placed.bill_model as model,
        placed.calls,
        placed.uncached_input_tokens,
        placed.cache_read_tokens,
        placed.cache_write_tokens,
        placed.output_tokens,
        placed.estimated_usd,
        costs.effective_usd,
        -- One price in the pool: the amount is known to the last digit.
        least(costs.low_usd, costs.effective_usd) as low_usd,
        greatest(costs.high_usd, costs.effective_usd) as high_usd,
        case when costs.part_key is null then 'none' else placed.cost_method end as cost_method
    from placed
    left join costs on placed.part_key = costs.part_key
    left join (
        select
            vendor, account, day, caller,
            min(payer_kind) as payer_kind,
            case when min(payer_kind) <> 'machine' then min(person_id) end as person_id,
            {{ only_value("coalesce(owner_workflow_id, '')") }} as owner_workflow_id
        from callers
        group by vendor, account, day, caller
    ) as kinds
        on placed.bill_vendor = kinds.vendor
        and placed.pool_account = kinds.account
        and placed.day = kinds.day
        and placed.pool_principal = kinds.caller
),

unexplained as (
    select
        min(pots.pot_key) as cost_key,
        cast(null as varchar) as telemetry_account,
        pots.day,
        cast(null as bigint) as session_key,
        cast(null as bigint) as turn_key,
        cast(null as bigint) as context_key,
        pots.vendor,
        pots.pool_account as account,
        pots.pool_principal as principal,
        case when pots.payer_kind = 'machine' then 'machine' else 'person' end as principal_kind,
        pots.payer_kind,
        cast(null as varchar) as person_id,
        nullif(max(pots.owner_workflow_id), '') as workflow_id,
        pots.bill_model as model,
        cast(null as bigint) as calls,
        cast(null as bigint) as uncached_input_tokens,
        cast(null as bigint) as cache_read_tokens,
        cast(null as bigint) as cache_write_tokens,
        cast(null as bigint) as output_tokens,
        cast(null as {{ money_type() }}) as estimated_usd,
        {{ sum_money('shares.share') }} as effective_usd,
        {{ sum_money('shares.share') }} as low_usd,
        {{ sum_money('shares.share') }} as high_usd,
        -- A key that serves one workflow alone: what it spent is that workflow's, though no session told of it.
        case when nullif(max(pots.owner_workflow_id), '') is not null then 'derived' else 'unattributed' end as cost_method
    from shares
    inner join pots on shares.pot_key = pots.pot_key
    where coalesce(shares.part_key, '(rest)') = '(rest)'
    group by pots.day, pots.vendor, pots.pool_account, pots.pool_principal, pots.payer_kind, pots.bill_model
),

final as (
    select costs.*, due.cell_version
    from (
        select * from worked
        union all
        select * from unexplained
    ) as costs
    inner join due on costs.day = due.day
)

select * from final
