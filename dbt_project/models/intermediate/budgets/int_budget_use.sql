with plans as (
    select distinct scope, scope_id, vendor as scope_vendor from {{ ref('int_budget_plans') }}
),

spend as (
    select * from {{ ref('int_spend_people') }}
),

anthropic_keys as (
    select * from {{ ref('int_anthropic_keys') }}
),

openai_keys as (
    select * from {{ ref('int_openai_keys') }}
),

key_names as (
    select 'anthropic' as vendor, account, api_key_id as principal, key_name, valid_from, valid_to from anthropic_keys
    union all
    select 'openai' as vendor, account, api_key_id as principal, key_name, valid_from, valid_to from openai_keys
),

named as (
    select spend.*, coalesce(key_names.key_name, spend.principal) as key_name
    from spend
    left join key_names
        on spend.vendor = key_names.vendor
        and spend.account = key_names.account
        and spend.principal = key_names.principal
        and spend.day >= key_names.valid_from
        and spend.day < key_names.valid_to
),

-- A team's budget pays for its machines too. A key goes by its id or by its name, which outlives it; a budget of one vendor may be the company's.
of_scopes as (
    {% for scope, matches in [
        ('team', 'plans.scope_id = coalesce(named.owner_team, named.team)'),
        ('cost_center', 'plans.scope_id = named.cost_center'),
        ('workflow', 'plans.scope_id = named.workflow_id'),
        ('key', "named.principal_kind = 'machine' and plans.scope_id in (named.principal, named.key_name)"),
        ('organisation', 'plans.scope_vendor = named.vendor')
    ] %}
    select plans.scope, plans.scope_id, plans.scope_vendor, named.*
    from named
    inner join plans
        on plans.scope = '{{ scope }}' and {{ matches }} and plans.scope_vendor in (named.vendor, '(all)')
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        scope,
        scope_id,
        scope_vendor,
        vendor,
        account,
        {{ forecast_component() }} as component,
        day,
        -- Whom a figure tells of: a person, or the one owner of a key.
        case
            when is_person and series <> 'machine_usage' then principal_key
            when scope = 'key' and owner_team is null then owner_key
        end as contributor,
        {{ sum_money('consumption_usd') }} as consumption_usd,
        {{ sum_money('effective_usd') }} as effective_usd
    from of_scopes
    group by 1, 2, 3, 4, 5, 6, 7, 8
)

select * from final
