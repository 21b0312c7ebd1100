-- Findings of days in a row are one anomaly. The rule of thumb "three times the day before" stands beside them, as a line for a digest.
with signals as (
    select * from {{ ref('int_signals') }}
),

user_days as (
    select day_number, vendor, user_key, team, amount, excess from {{ ref('int_signal_user_days') }}
),

tripled as (
    select
        *,
        lag(amount) over (partition by vendor, user_key order by day_number) as amount_before,
        lag(day_number) over (partition by vendor, user_key order by day_number) as day_before
    from user_days
),

teams as (
    select day_number, vendor, user_key, team from user_days
),

together as (
    select
        signals.day_number, signals.level, signals.entity,
        case when signals.level = 'team' then signals.entity else teams.team end as team,
        signals.vendor, signals.kind, signals.actual, signals.expected, signals.upper, signals.excess, signals.z, signals.threshold, signals.volume, signals.model_mix,
        signals.price, signals.retries, signals.cache
    from signals
    left join teams
        on signals.level = 'user'
        and signals.day_number = teams.day_number
        and signals.vendor = teams.vendor
        and signals.entity = teams.user_key
    union all
    select
        day_number, 'user', user_key, team, vendor, 'rule_3x', amount, amount_before, 3 * amount_before, amount - amount_before,
        cast(null as double), cast(3 as double), cast(null as double), cast(null as double),
        cast(null as double), cast(null as double), cast(null as double)
    from tripled
    where day_before = day_number - 1 and amount >= 3 * amount_before and amount - amount_before >= 5
),

begun as (
    select
        *,
        case
            when day_number - lag(day_number) over (partition by level, entity, vendor, kind order by day_number) <= 3 then 0 else 1
        end as is_first
    from together
),

numbered as (
    select
        *,
        sum(is_first) over (partition by level, entity, vendor, kind order by day_number rows unbounded preceding) as episode
    from begun
),

-- People are counted, dollars are summed; both are statistics.
summed as (
    select
        level, entity, vendor, kind,
        max(team) as team,
        min(day_number) as first_day_number,
        max(day_number) as last_day_number,
        case when level = 'vendor' then 'people' else 'usd' end as unit,
        case when level = 'vendor' then min(actual) else sum(actual) end as actual,
        case when level = 'vendor' then max(expected) else sum(expected) end as expected,
        case when level = 'vendor' then null else sum(upper) end as upper,
        sum(excess) as excess,
        sum(volume) as volume,
        sum(model_mix) as model_mix,
        sum(price) as price,
        sum(retries) as retries,
        sum(cache) as cache,
        max(z) as z,
        max(threshold) as threshold
    from numbered
    group by level, entity, vendor, kind, episode
),

final as (
    select
        -- A person's begins with the person's id, so that it is published as a keyed hash: one without a key could be guessed.
        case
            when level = 'user' then entity || '|' || vendor || '|' || kind || '|' || cast(first_day_number as varchar)
            else md5(level || '|' || entity || '|' || vendor || '|' || kind || '|' || cast(first_day_number as varchar))
        end as anomaly_id,
        cast(date '1970-01-01' + first_day_number as date) as first_day,
        cast(date '1970-01-01' + last_day_number as date) as last_day,
        level,
        entity,
        team,
        vendor,
        kind,
        unit,
        cast(round(actual, 2) as decimal(18, 2)) as actual,
        cast(round(expected, 2) as decimal(18, 2)) as expected,
        cast(round(upper, 2) as decimal(18, 2)) as upper,
        cast(round(excess, 2) as {{ money_type() }}) as excess_usd,
        cast(round(volume, 2) as {{ money_type() }}) as volume_usd,
        cast(round(model_mix, 2) as {{ money_type() }}) as model_mix_usd,
        cast(round(price, 2) as {{ money_type() }}) as price_usd,
        cast(round(retries, 2) as {{ money_type() }}) as retries_usd,
        cast(round(cache, 2) as {{ money_type() }}) as cache_usd,
        round(z, 4) as z,
        round(threshold, 4) as threshold,
        kind not in ('missing', 'partial') as data_complete,
        -- Vendors report up to three days late: an anomaly without a new day for so long is over.
        case when date '1970-01-01' + last_day_number >= {{ as_of() }} - 4 then 'open' else 'over' end as status,
        case kind
            when 'missing' then 'Nobody is in the report of a day on which people work'
            when 'partial' then 'Many of the usual people are not in the report, and other vendors tell of no holiday'
            when 'late' then 'Many of the usual people came into the report after it was due'
            when 'duplicated' then 'Everybody used about twice as much as usual, or every amount is even in its last digit'
            when 'unit_error' then 'Everybody used ten times as much as usual or more, or as little: the unit of money'
            when 'spike' then 'A day far above the own thirteen weeks, the day of the vendor and the team'
            when 'slow_change' then 'Days that add up to a new level against two to six weeks ago'
            when 'rule_3x' then 'Three times the day before; most such days are harmless'
            when 'surge' then 'Nearly everybody of the team far above what a launch explains'
            when 'loop' then 'A run cost six times the usual or more'
            when 'model_swap' then 'Since the model changed a run costs at least 1.4 times as much'
            when 'cost_shift' then 'For three days a run costs at least 1.6 times as much, with the same model'
            when 'drift' then 'In a week a run costs at least 1.6 times what it did ten weeks to three weeks ago'
            when 'no_delivery' then 'Runs go on and nearly none delivers'
        end as reason
    from summed
)

select * from final
