with records as (
    {{ counting_records('hr', 'roster') }}
),

-- Every file is a full roster with its history: the newest one of each account replaces the earlier ones.
newest as (
    select _account, max(_day) as _day from records group by _account
),

final as (
    select
        records._account as account,
        records.employee_id,
        lower(records.email) as email,
        lower({{ empty_is_null('records.github_login') }}) as github_login,
        records.team,
        {{ empty_is_null('records.division') }} as division,
        {{ empty_is_null('records.cost_center') }} as cost_center,
        {{ empty_is_null('records.segment') }} as segment,
        {{ empty_is_null('records.manager_id') }} as manager_id,
        records.valid_from,
        coalesce(records.valid_to, cast('9999-12-31' as date)) as valid_to
    from records
    inner join newest on records._account = newest._account and records._day = newest._day
)

select * from final
