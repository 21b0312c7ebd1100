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

work_costs as (
    select * from {{ ref('int_work_costs') }} where workflow_id is not null and effective_usd is not null
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
        ('key', "named.principal_kind = 'machine' and plans.scope_id in (named.principal, named.key_name)"),
        ('organisation', 'plans.scope_vendor = named.vendor')
    ] %}
    select
        plans.scope, plans.scope_id, plans.scope_vendor, named.vendor, named.account, {{ forecast_component('named.') }} as component, named.day,
        -- Whom a figure tells of: a person, or the one owner of a key.
        case
            when named.is_person and named.series <> 'machine_usage' then named.principal_key
            {% if scope == 'key' %}when named.owner_team is null then named.owner_key{% endif %}
        end as contributor,
        named.consumption_usd,
        named.effective_usd
    from named
    inner join plans
        on plans.scope = '{{ scope }}' and {{ matches }} and plans.scope_vendor in (named.vendor, '(all)')
    union all
    {% endfor %}
    -- What a workflow costs is known from its work; of a pool it takes part by what it consumed at list.
    select
        plans.scope, plans.scope_id, plans.scope_vendor, work_costs.vendor, work_costs.account,
        case when work_costs.vendor = 'github_copilot' then 'pooled' else 'usage' end as component, work_costs.day,
        case when work_costs.principal_kind = 'person' then work_costs.principal end as contributor,
        coalesce(work_costs.estimated_usd, work_costs.effective_usd) as consumption_usd,
        work_costs.effective_usd
    from work_costs
    inner join plans
        on plans.scope = 'workflow' and plans.scope_id = work_costs.workflow_id and plans.scope_vendor in (work_costs.vendor, '(all)')
),

final as (
    select
        scope, scope_id, scope_vendor, vendor, account, component, day, contributor,
        {{ sum_money('consumption_usd') }} as consumption_usd,
        {{ sum_money('effective_usd') }} as effective_usd
    from of_scopes
    group by scope, scope_id, scope_vendor, vendor, account, component, day, contributor
)

select * from final
