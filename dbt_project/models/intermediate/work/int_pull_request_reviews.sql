with reviews as (
    select * from {{ ref('stg_git_delivery__reviews') }}
),

pull_requests as (
    select * from {{ ref('stg_git_delivery__pull_requests') }}
),

final as (
    select
        reviews.account,
        reviews.review_id,
        reviews.pull_request_id,
        coalesce(pull_requests.repository, reviews.repository) as repository,
        reviews.reviewer_id,
        reviews.reviewer_login,
        reviews.state,
        reviews.submitted_at,
        reviews.commit_sha,
        -- A reviewer whose account is gone was a person: bots' accounts do not leave.
        coalesce(reviews.reviewer_type, 'User') <> 'Bot' and coalesce(reviews.reviewer_login, '') not like '%[bot]' as is_human,
        -- All erased people share the id 0: two of them are not one.
        coalesce(reviews.reviewer_id = pull_requests.author_id and reviews.reviewer_id <> 0, false) as is_author
    from reviews
    left join pull_requests
        on reviews.account = pull_requests.account and reviews.pull_request_id = pull_requests.pull_request_id
)

select * from final
