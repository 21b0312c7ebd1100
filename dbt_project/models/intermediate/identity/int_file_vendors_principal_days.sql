with lines as (
    select * from {{ ref('int_file_vendors_spend_lines') }} where principal_kind = 'person'
),

final as (
    select distinct vendor, account, day, principal, case when principal like '%@%' then principal end as email
    from lines
)

select * from final
