{#
    By what evidence a session is tied to a task, and how sure it is. The best of a turn counts, several of the same strength together;
    what stands below the threshold is kept and never counted.
#}
{% macro link_methods() %}
    {{ return({
        'explicit_task': '1.00',
        'explicit_change': '1.00',
        'workflow_run': '1.00',
        'commit': '0.95',
        'branch': '0.90',
        'checked_out_commit': '0.88',
        'same_session': '0.85',
        'same_run': '0.85',
        'issue_in_branch': '0.80',
        'time_and_author': '0.50',
    }) }}
{% endmacro %}

{% macro link_threshold() %}{{ return('0.75') }}{% endmacro %}

{% macro link_confidence(method) -%}
    cast(case {{ method }} {% for name, confidence in link_methods().items() %}when '{{ name }}' then {{ confidence }} {% endfor %}end as decimal(3, 2))
{%- endmacro %}

{# The tracker's key in a branch's name, as PAY-1021; empty without one. #}
{% macro issue_key_of(branch) -%}
    regexp_extract({{ branch }}, '(^|[/_-])([A-Z][A-Z0-9]{1,9}-[0-9]{1,7})($|[^0-9A-Za-z])', 2)
{%- endmacro %}

{# Days after a completion in which it may still be taken back (a revert, an incident): until then it is provisional. #}
{% macro survival_days() %}{{ return('14') }}{% endmacro %}

{# Days without any sign of life after which a task counts as abandoned. #}
{% macro idle_days() %}{{ return('30') }}{% endmacro %}

{# Pull requests by repository and number, whichever account read them. #}
{% macro known_changes() %}
    select *
    from (
        select
            *,
            repository || '#' || cast(pull_request_number as varchar) as change_key,
            row_number() over (partition by repository, pull_request_number order by account) as place
        from {{ ref('int_pull_requests') }}
    ) as ranked
    where place = 1
{% endmacro %}

{# docs, tests, automation or code_change, from what a change calls itself. A workflow that the company lists has its own. #}
{% macro task_class_of(branch, labels) -%}
    case
        when {{ labels }} like '%documentation%' or regexp_matches(lower({{ branch }}), '(^|[/_-])docs?([/_-]|$)') then 'docs'
        when regexp_matches(coalesce({{ labels }}, ''), '(^| )tests?( |$)') or regexp_matches(lower({{ branch }}), '(^|[/_-])(tests?|flaky)([/_-]|$)')
            then 'tests'
        when {{ labels }} like '%dependencies%'
            or regexp_matches(lower({{ branch }}), '^(dependabot|renovate)/|(^|[/_-])(ci|chore|deps|nightly|release)([/_-]|$)') then 'automation'
        else 'code_change'
    end
{%- endmacro %}

{#
    A workflow's id as it may be published: only what a file of the company declares (security-privacy 19), as an id that somebody typed may be
    a person's name. NULL is `otherwise`.
#}
{% macro workflow_label(workflow_id, otherwise) -%}
    case
        when {{ workflow_id }} is null then {{ otherwise }}
        when {{ workflow_id }} in (select workflow_id from {{ ref('stg_company__workflows') }}) then {{ workflow_id }}
        when {{ workflow_id }} in (select workflow_id from {{ ref('stg_company__key_owners') }}) then {{ workflow_id }}
        else '(undeclared)'
    end
{%- endmacro %}

{# How many facts of a cell a condition holds for; NULL where too few people are behind the cell. #}
{% macro told_count(condition) -%}
    case when max(case when is_withheld then 1 else 0 end) = 0 then {{ sum_count('case when ' ~ condition ~ ' then 1 else 0 end') }} end
{%- endmacro %}

{# A call that asks and answers little, in tokens: what a smaller model would do too. #}
{% macro short_question() %}{{ return('4000') }}{% endmacro %}
{% macro short_answer() %}{{ return('200') }}{% endmacro %}

{# Money per thing, a statistic for people to read: NULL without things. #}
{% macro per(amount, things) -%}
    case when {{ things }} > 0 then cast(round(cast({{ amount }} as double) / {{ things }}, 6) as decimal(28, 6)) end
{%- endmacro %}

{# Mon to Sun as 1 to 7; NULL for anything else. #}
{% macro window_day(name) -%}
    case {{ name }} {% for day in ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] %}when '{{ day }}' then {{ loop.index }} {% endfor %}end
{%- endmacro %}

{# A repository's name as it may be published: one that is called like somebody is not named. #}
{% macro repository_label(repository) -%}
    case
        when lower(split_part({{ repository }}, '/', 1)) in (select lower(identifier) from {{ ref('int_known_identifiers') }})
            or lower(split_part({{ repository }}, '/', 2)) in (select lower(identifier) from {{ ref('int_known_identifiers') }})
            then '(other repositories)'
        else {{ repository }}
    end
{%- endmacro %}
