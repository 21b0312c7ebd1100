-- Which generation of a day counts depends on these, so that they are read without asking which counts: the newest file of each account.
with records as (
    select
        *,
        dense_rank() over (partition by _account order by _day desc, _fetched_at desc, _generation desc) as age
    from ({{ known_records('company', 'report_decisions') }}) as known
),

final as (
    select
        _account as company,
        trim(decision_id) as decision_id,
        trim(vendor) as vendor,
        {{ or_all('account') }} as account,
        {{ or_all('stream') }} as stream,
        first_day,
        coalesce(until, cast(first_day + 1 as date)) as until,
        decided_on
    from records
    where age = 1
)

select * from final
