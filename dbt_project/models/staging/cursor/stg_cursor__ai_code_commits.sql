with records as (
    {{ counting_records('cursor', 'ai_code_commits') }}
),

-- An amended commit is scored again under its hash: the newest scoring counts.
ranked as (
    select
        *,
        row_number() over (
            partition by _account, commitHash, lower(trim(coalesce(userEmail, '')))
            order by createdAt desc, _day desc, _generation desc, _record desc
        ) as place
    from records
),

final as (
    select
        _account as account,
        _day as day,
        commitHash as commit_hash,
        userId as user_id,
        coalesce(lower({{ empty_is_null('userEmail') }}), '(unattributed)') as email,
        repoName as repository,
        branchName as branch,
        isPrimaryBranch as is_primary_branch,
        commitSource as source,
        totalLinesAdded as lines_added,
        totalLinesDeleted as lines_deleted,
        tabLinesAdded as tab_lines_added,
        tabLinesDeleted as tab_lines_deleted,
        composerLinesAdded as agent_lines_added,
        composerLinesDeleted as agent_lines_deleted,
        -- What is left, and no proof that a hand typed it; unknown where it is NULL.
        nonAiLinesAdded as other_lines_added,
        nonAiLinesDeleted as other_lines_deleted,
        commitTs as committed_at,
        createdAt as scored_at
    from ranked
    where place = 1
)

select * from final
