with pull_requests as (
    select * from {{ ref('stg_git_delivery__pull_requests') }}
),

reviews as (
    select * from {{ ref('int_pull_request_reviews') }}
),

timeline as (
    select * from {{ ref('stg_git_delivery__pr_timeline') }}
),

commits as (
    select * from {{ ref('stg_git_delivery__pr_commits') }}
),

agents as (
    select * from {{ ref('int_pull_request_agents') }}
),

marks as (
    select * from {{ ref('agent_marks') }}
),

repositories as (
    select account, repository_id, default_branch
    from (
        select *, row_number() over (partition by account, repository_id order by day desc) as place
        from {{ ref('stg_git_delivery__repositories') }}
    ) as ranked
    where place = 1
),

events as (
    select
        account,
        pull_request_id,
        max(case when event = 'ready_for_review' then occurred_at end) as last_ready_at,
        {{ sum_count("case when event = 'convert_to_draft' then 1 else 0 end") }} as back_to_draft,
        {{ sum_count("case when event = 'reopened' then 1 else 0 end") }} as reopened,
        {{ sum_count("case when event = 'head_ref_force_pushed' then 1 else 0 end") }} as force_pushed,
        min(case when event = 'review_requested' then occurred_at end) as first_review_requested_at
    from timeline
    group by account, pull_request_id
),

-- Waiting begins when there is something to review: at the creation, or when the draft was last made ready.
ready as (
    select
        pull_requests.account,
        pull_requests.pull_request_id,
        case
            when pull_requests.is_draft then null
            else greatest(pull_requests.created_at, coalesce(events.last_ready_at, pull_requests.created_at))
        end as ready_at
    from pull_requests
    left join events on pull_requests.account = events.account and pull_requests.pull_request_id = events.pull_request_id
),

reviewed as (
    select
        reviews.account,
        reviews.pull_request_id,
        min(case when reviews.submitted_at >= ready.ready_at then reviews.submitted_at end) as first_review_at,
        {{ sum_count('1') }} as human_reviews,
        {{ sum_count("case when reviews.state = 'approved' then 1 else 0 end") }} as approvals,
        {{ sum_count("case when reviews.state = 'changes_requested' then 1 else 0 end") }} as change_requests
    from reviews
    inner join ready on reviews.account = ready.account and reviews.pull_request_id = ready.pull_request_id
    where reviews.is_human and not reviews.is_author
    group by reviews.account, reviews.pull_request_id
),

listed as (
    select account, pull_request_id, {{ sum_count('1') }} as commits_listed, min(authored_at) as first_commit_at
    from commits
    group by account, pull_request_id
),

evidence as (
    select
        account,
        pull_request_id,
        string_agg(distinct agent, ', ' order by agent) as agents,
        string_agg(distinct evidence, ', ' order by evidence) as agent_evidence,
        max(case when evidence in ('author', 'branch', 'agent_task') then 1 else 0 end) = 1 as agent_led,
        min(log_page) as agent_log_page
    from agents
    group by account, pull_request_id
),

agent_logins as (
    select pattern from marks where kind = 'login'
),

named as (
    select
        pull_requests.*,
        pull_requests.author_login in (select pattern from agent_logins) as author_is_agent,
        nullif(regexp_extract(pull_requests.head_branch, '(^|[/_-])([A-Z][A-Z0-9]{1,9}-[0-9]{1,7})($|[^0-9A-Za-z])', 2), '') as issue_key,
        -- 77-retries, fix-77, issue/77; a release's date is no issue.
        cast(
            coalesce(
                nullif(regexp_extract(pull_requests.head_branch, '(^|/)(issue-|issue/|gh-|fix-)([0-9]{1,7})($|[^0-9])', 3), ''),
                nullif(regexp_extract(pull_requests.head_branch, '(^|/)([0-9]{1,7})-[A-Za-z]', 2), '')
            ) as bigint
        ) as issue_number,
        cast(nullif(regexp_extract(pull_requests.head_branch, '^revert-([0-9]{1,9})-', 1), '') as bigint) as reverts_number
    from pull_requests
),

reverted as (
    select account, repository, reverts_number, min(merged_at) as reverted_at
    from named
    where reverts_number is not null and merged_at is not null
    group by account, repository, reverts_number
),

final as (
    select
        named.account,
        named.pull_request_id,
        named.repository,
        named.pull_request_number,
        named.state,
        named.is_draft,
        named.author_id,
        named.author_login,
        case
            when named.author_is_agent then 'agent'
            when named.author_type = 'Bot' or named.author_login like '%[bot]' then 'bot'
            when named.author_id is null then 'unknown'
            else 'person'
        end as author_kind,
        named.created_at,
        named.updated_at,
        ready.ready_at,
        events.first_review_requested_at,
        reviewed.first_review_at,
        named.closed_at,
        named.merged_at,
        named.merged_by_id,
        coalesce(reviewed.human_reviews, 0) as human_reviews,
        coalesce(reviewed.approvals, 0) as approvals,
        coalesce(reviewed.change_requests, 0) as change_requests,
        coalesce(events.back_to_draft, 0) as back_to_draft,
        coalesce(events.reopened, 0) as reopened,
        coalesce(events.force_pushed, 0) as force_pushed,
        named.head_branch,
        named.base_branch,
        named.base_branch = repositories.default_branch as is_to_default_branch,
        named.head_sha,
        named.merge_commit_sha,
        listed.first_commit_at,
        named.lines_added,
        named.lines_deleted,
        named.changed_files,
        named.commits,
        coalesce(listed.commits_listed, 0) as commits_listed,
        coalesce(listed.commits_listed, 0) >= named.commits as commits_are_whole,
        named.issue_key,
        named.issue_number,
        named.reverts_number,
        reverted.reverted_at,
        evidence.agents is not null as is_agent,
        case when evidence.agents is null then 'none' when evidence.agent_led then 'led' else 'assisted' end as agent_role,
        evidence.agents,
        evidence.agent_evidence,
        evidence.agent_log_page,
        named.read_at
    from named
    left join ready on named.account = ready.account and named.pull_request_id = ready.pull_request_id
    left join events on named.account = events.account and named.pull_request_id = events.pull_request_id
    left join reviewed on named.account = reviewed.account and named.pull_request_id = reviewed.pull_request_id
    left join listed on named.account = listed.account and named.pull_request_id = listed.pull_request_id
    left join evidence on named.account = evidence.account and named.pull_request_id = evidence.pull_request_id
    left join repositories on named.account = repositories.account and named.repository_id = repositories.repository_id
    left join reverted
        on named.account = reverted.account
        and named.repository = reverted.repository
        and named.pull_request_number = reverted.reverts_number
)

select * from final
