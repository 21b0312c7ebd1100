-- Days that the vendor told twice or in another unit, before anything is summed. A wrong hold is worse than none: each rule asks for what no launch,
-- price step, month's reset, late arrival or small account can show, and a day without weeks before it is not judged.
with amounts as (
    select amounts.*
    from {{ ref('stg_platform__ledger_amounts') }} as amounts
    inner join {{ source('platform', 'accounts') }} as accounts
        on amounts.vendor = accounts.vendor and amounts.account = accounts.account
    inner join (select distinct vendor, ledger, stream from {{ ref('ledger_streams') }} where measure = 'money') as streams
        on accounts.vendor = streams.vendor and accounts.ledger = streams.ledger and amounts.stream = streams.stream
    where amounts.amount > 0 and amounts.member is not null
),

generations as (
    select
        *,
        row_number() over (
            partition by vendor, stream, account, day order by complete desc, fetched_at desc, generation desc
        ) = 1 as is_newest
    from {{ ref('stg_platform__generations') }}
),

-- Statistics, and no money: nothing of this is added to a figure.
member_days as (
    select
        amounts.vendor,
        amounts.stream,
        amounts.account,
        amounts.day,
        amounts.generation,
        amounts.member,
        generations.is_newest,
        generations.complete,
        count(*) as records,
        count(case when amounts.is_copy then 1 end) as copies,
        ln(cast(sum(amounts.amount) as double)) as level,
        cast(sum(amounts.amount) as double) as total
    from amounts
    inner join generations
        on amounts.vendor = generations.vendor
        and amounts.stream = generations.stream
        and amounts.account = generations.account
        and amounts.day = generations.day
        and amounts.generation = generations.generation
    group by
        amounts.vendor, amounts.stream, amounts.account, amounts.day, amounts.generation, amounts.member, generations.is_newest,
        generations.complete
),

shapes as (
    select
        vendor, stream, account, day, generation, is_newest, complete,
        count(*) as members,
        sum(records) as records,
        sum(copies) as copies,
        median(level) as level,
        sum(total) as total
    from member_days
    group by vendor, stream, account, day, generation, is_newest, complete
),

-- Eight weeks before the day, as they are known now: the judged day is not in its own past, and no later day is.
against_past as (
    select
        shapes.vendor, shapes.stream, shapes.account, shapes.day, shapes.generation, shapes.is_newest, shapes.complete, shapes.members,
        shapes.records, shapes.copies, shapes.level, shapes.total,
        count(*) as past_days,
        median(past.level) as past_level,
        median(past.members) as past_members,
        median(cast(past.copies as double) / past.records) as past_copy_share,
        median(case when {{ dbt.datediff('past.day', 'shapes.day', 'day') }} % 7 = 0 then past.total end) as past_total
    from shapes
    inner join shapes as past
        on shapes.vendor = past.vendor
        and shapes.stream = past.stream
        and shapes.account = past.account
        and past.is_newest
        and past.day < shapes.day
        and {{ dbt.datediff('past.day', 'shapes.day', 'day') }} <= 56
    group by
        shapes.vendor, shapes.stream, shapes.account, shapes.day, shapes.generation, shapes.is_newest, shapes.complete, shapes.members,
        shapes.records, shapes.copies, shapes.level, shapes.total
),

suspects as (
    select
        *,
        members >= 8 and past_days >= 10 and abs(level - past_level) >= ln(20) as may_be_other_unit,
        members >= 8 and past_days >= 10 and total >= 1.4 * past_total as may_be_doubled,
        -- Every record is there twice, equal in every field.
        past_days >= 5 and records >= 20 and copies * 2 = records and past_copy_share < 0.1 as is_copied
    from against_past
),

-- Each member against the own eight weeks; days that may be in another unit themselves are no past.
own_past as (
    select
        suspects.vendor, suspects.stream, suspects.account, suspects.day, suspects.generation, today.member,
        today.level - median(past.level) as moved
    from suspects
    inner join member_days as today
        on suspects.vendor = today.vendor
        and suspects.stream = today.stream
        and suspects.account = today.account
        and suspects.day = today.day
        and suspects.generation = today.generation
    inner join member_days as past
        on today.vendor = past.vendor
        and today.stream = past.stream
        and today.account = past.account
        and today.member = past.member
        and past.is_newest
        and past.day < today.day
        and {{ dbt.datediff('past.day', 'today.day', 'day') }} <= 56
    left join suspects as past_suspects
        on past.vendor = past_suspects.vendor
        and past.stream = past_suspects.stream
        and past.account = past_suspects.account
        and past.day = past_suspects.day
        and past.generation = past_suspects.generation
        and past_suspects.may_be_other_unit
    where (suspects.may_be_other_unit or suspects.may_be_doubled) and past_suspects.day is null
    group by suspects.vendor, suspects.stream, suspects.account, suspects.day, suspects.generation, today.member, today.level
    having count(*) >= 4
),

moved as (
    select
        vendor, stream, account, day, generation,
        count(*) as measured_members,
        median(moved) as moved,
        1.4826 * mad(moved) as moved_spread,
        avg(case when moved >= ln(8) then 1.0 else 0.0 end) as share_up,
        avg(case when moved <= -ln(8) then 1.0 else 0.0 end) as share_down
    from own_past
    group by vendor, stream, account, day, generation
),

-- Amounts of one price stand on a grid: what a token or a request costs. Of usual amounts half are an odd multiple, of doubled ones none. How
-- often two divides an amount, counted in millionths of millionths, tells it for any price.
parity_days as (
    select distinct shapes.vendor, shapes.stream, shapes.account, shapes.day, shapes.generation
    from suspects
    inner join shapes
        on suspects.vendor = shapes.vendor
        and suspects.stream = shapes.stream
        and suspects.account = shapes.account
        and {{ dbt.datediff('shapes.day', 'suspects.day', 'day') }} between -28 and 0
        and (shapes.is_newest or shapes.generation = suspects.generation)
    where suspects.may_be_doubled
),

units as (
    select
        amounts.vendor, amounts.stream, amounts.account, amounts.day, amounts.generation, amounts.model, amounts.line,
        amounts.counted is not null as is_counted,
        cast(coalesce(amounts.counted, amounts.amount) * 1000000000000 as decimal(38, 0)) as units
    from amounts
    inner join parity_days
        on amounts.vendor = parity_days.vendor
        and amounts.stream = parity_days.stream
        and amounts.account = parity_days.account
        and amounts.day = parity_days.day
        and amounts.generation = parity_days.generation
),

halved as (
    select
        vendor, stream, account, day, generation, model, line, is_counted,
        {% for power in range(1, 25) %}case when units % {{ 2 ** power }} = 0 then 1 else 0 end{{ ' + ' if not loop.last }}{% endfor %} as halvings
    from units
    where units > 0
),

grids as (
    select vendor, stream, account, day, generation, model, line, is_counted, halvings, count(*) as records
    from halved
    group by vendor, stream, account, day, generation, model, line, is_counted, halvings
),

doubles as (
    select vendor, stream, account, day, generation
    from suspects
    where may_be_doubled
),

past_grids as (
    select
        doubles.vendor, doubles.stream, doubles.account, doubles.day, doubles.generation, grids.line, grids.halvings,
        sum(grids.records) as records,
        min(grids.halvings) over (
            partition by doubles.vendor, doubles.stream, doubles.account, doubles.day, doubles.generation, grids.line
        ) as least_halvings,
        sum(sum(grids.records)) over (
            partition by doubles.vendor, doubles.stream, doubles.account, doubles.day, doubles.generation, grids.line
        ) as all_records
    from doubles
    inner join grids
        on doubles.vendor = grids.vendor
        and doubles.stream = grids.stream
        and doubles.account = grids.account
        and grids.day < doubles.day
        and {{ dbt.datediff('grids.day', 'doubles.day', 'day') }} <= 28
    group by doubles.vendor, doubles.stream, doubles.account, doubles.day, doubles.generation, grids.line, grids.halvings
),

usual_grids as (
    select
        vendor, stream, account, day, generation, line, least_halvings,
        least(cast(records as double) / all_records, 0.5) as odd_share
    from past_grids
    where halvings = least_halvings and all_records >= 8
),

-- A price that doubled makes even amounts too, but of one model, and counts as many.
parities as (
    select
        grids.vendor, grids.stream, grids.account, grids.day, grids.generation,
        sum(case when grids.halvings <= usual_grids.least_halvings then grids.records else 0 end) as odd_records,
        sum(grids.records * ln(1 - usual_grids.odd_share)) as log_odds,
        min(case when grids.is_counted then 1 else 0 end) = 1
            or count(distinct case when usual_grids.odd_share >= 0.2 then grids.model end) >= 2 as is_beyond_a_price
    from grids
    inner join usual_grids
        on grids.vendor = usual_grids.vendor
        and grids.stream = usual_grids.stream
        and grids.account = usual_grids.account
        and grids.day = usual_grids.day
        and grids.generation = usual_grids.generation
        and grids.line = usual_grids.line
    group by grids.vendor, grids.stream, grids.account, grids.day, grids.generation
),

judged as (
    select
        suspects.vendor, suspects.stream, suspects.account, suspects.day, suspects.generation, suspects.members, moved.moved,
        case
            when suspects.may_be_other_unit
                and moved.measured_members >= 8
                and moved.moved_spread <= 1.2
                and greatest(moved.share_up, moved.share_down) >= 0.9
                -- A hundred times or more, near a power of ten: cents are dollars, and no morale lifts everybody so far.
                and round(abs(moved.moved) / ln(10)) >= 2
                and abs(abs(moved.moved) - round(abs(moved.moved) / ln(10)) * ln(10)) <= 0.92
                -- Less than usual may be a day of which only the first hours are told: then people are missing, too.
                and (moved.moved > 0 or (suspects.complete and suspects.members >= 0.6 * suspects.past_members))
                then 'unit_error'
            when suspects.is_copied then 'duplicated'
            when suspects.may_be_doubled
                and moved.measured_members >= 8
                and moved.moved between ln(1.4) and ln(2.9)
                and parities.odd_records = 0
                -- Less than one in 100,000 that so many are even by chance.
                and parities.log_odds <= ln(0.00001)
                and parities.is_beyond_a_price
                then 'duplicated'
        end as kind
    from suspects
    left join moved
        on suspects.vendor = moved.vendor
        and suspects.stream = moved.stream
        and suspects.account = moved.account
        and suspects.day = moved.day
        and suspects.generation = moved.generation
    left join parities
        on suspects.vendor = parities.vendor
        and suspects.stream = parities.stream
        and suspects.account = parities.account
        and suspects.day = parities.day
        and suspects.generation = parities.generation
),

decisions as (
    select * from {{ ref('stg_company__report_decisions') }}
),

-- What somebody reviewed and accepted counts.
final as (
    select judged.vendor, judged.stream, judged.account, judged.day, judged.generation, judged.kind, judged.members
    from judged
    where judged.kind is not null
        and not exists (
            select 1 from decisions
            where decisions.vendor = judged.vendor
                and decisions.account in (judged.account, '(all)')
                and decisions.stream in (judged.stream, '(all)')
                and judged.day >= decisions.first_day
                and judged.day < decisions.until
        )
)

select * from final
