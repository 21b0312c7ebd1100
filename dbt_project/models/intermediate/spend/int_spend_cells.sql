with current_generations as (
    select * from {{ ref('stg_platform__current_generations') }}
),

accounts as (
    select * from {{ source('platform', 'accounts') }}
),

ledger_streams as (
    select distinct vendor, ledger, stream from {{ ref('ledger_streams') }} where measure in ('money', 'tokens')
),

-- The streams whose records land in int_spend for an account with that ledger.
contributing as (
    select
        current_generations.vendor,
        current_generations.account,
        current_generations.day,
        coalesce(accounts.ledger, '(none)') as ledger,
        current_generations.stream || '=' || current_generations.generation as part
    from current_generations
    inner join accounts
        on current_generations.vendor = accounts.vendor and current_generations.account = accounts.account
    inner join ledger_streams
        on accounts.vendor = ledger_streams.vendor
        and coalesce(accounts.ledger, '(none)') = ledger_streams.ledger
        and current_generations.stream = ledger_streams.stream
),

-- What a day depends on beside its own records: a directory, which may say something new about an old day.
beside as (
    {{ all_vendors('cell_parts', ['vendor', 'account', 'day', 'part']) }}
),

parts as (
    select * from contributing
    union all
    select days.vendor, days.account, days.day, days.ledger, beside.part
    from (select distinct vendor, account, day, ledger from contributing) as days
    inner join beside on days.vendor = beside.vendor and days.account = beside.account and days.day = beside.day
),

final as (
    select
        vendor,
        account,
        day,
        md5('{{ var("code_version") }}' || '|' || ledger || '|' || string_agg(part, '|' order by part)) as cell_version
    from parts
    group by vendor, account, day, ledger
)

select * from final
