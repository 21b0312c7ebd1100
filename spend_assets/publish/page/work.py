"""What work cost and how it is delivered: by workflow and service, never by person."""

from spend_assets.publish.page.published import WEEKS_SHOWN, Published, told


def work_of_workflows(published: Published) -> str:
    return told(
        published,
        f"What the work cost, the last {WEEKS_SHOWN} weeks",
        "spend_per_workflow_daily",
        ("Workflow", "In words", "Effective (USD)", "Per completed task (USD)", "Known to", "Provisional"),
        f"""
        , summed AS (
            SELECT workflow, service, sum(effective_usd) AS usd, sum(runs) AS runs, sum(pull_requests) AS pulls,
                sum(ci_runs_passed) AS passed, sum(human_rewrites) AS rewrites, sum(tasks_completed) AS completed,
                sum(coalesce(completed_cohort_cost_usd, 0) + coalesce(failed_cohort_cost_usd, 0)) AS cohort_usd,
                sum(effective_high_usd) AS high_usd, sum(saved_minutes) AS saved, bool_or(is_provisional AND tasks_completed > 0) AS young
            FROM published
            WHERE workflow_id NOT IN ('(unattributed)', '(no workflow)')
                AND day > (SELECT max(day) FROM published) - INTERVAL {WEEKS_SHOWN * 7} DAY
            GROUP BY workflow, service
        )
        SELECT workflow,
            format('used {{:,.0f}} credits of $0.01 in {{}} runs, produced {{}} pull requests, passed CI {{}} times, ',
                coalesce(usd, 0)::DOUBLE * 100, runs::BIGINT, pulls::BIGINT, passed::BIGINT)
            || format('completed {{}} tasks, needed {{}} human rewrite{{}}', completed::BIGINT, rewrites::BIGINT,
                CASE WHEN rewrites = 1 THEN '' ELSE 's' END)
            || CASE
                WHEN saved IS NULL THEN ''
                WHEN saved < 420 THEN format(', saved about {{:.1f}} hours of work by hand', saved::DOUBLE / 60)
                ELSE format(', saved about {{:.1f}} days of work by hand', saved::DOUBLE / 480)
            END,
            usd, CASE WHEN completed > 0 THEN round(cohort_usd::DOUBLE / completed, 2)::DECIMAL(18, 2) END,
            CASE WHEN high_usd > 0 THEN least(floor(usd::DOUBLE * 100 / high_usd), 100)::BIGINT::VARCHAR || ' %' END,
            CASE WHEN young THEN 'yes' ELSE '' END
        FROM summed ORDER BY workflow
        """,
        (
            "Machine work by the workflow that it served, with every attempt, the failed ones too. Outcomes come from version control. "
            "Known to: how much of what it may have cost the telemetry explains; the rest is shown nowhere as its cost. "
            "Time is saved only where the company states how long a task takes by hand, and counts no task that a person had to rewrite. "
            "Completions of the last 14 days may still be taken back.",
        ),
        "No telemetry of a workflow was read yet (docs/instrumenting-agents.md).",
    )


def delivery(published: Published) -> str:
    return told(
        published,
        f"How services deliver, the last {WEEKS_SHOWN} weeks",
        "delivery_weekly",
        (
            "Week from",
            "Service",
            "Deployments",
            "Lead time (h)",
            "Change fail rate",
            "Review (h)",
            "Merged",
            "Of agents",
            "Effective (USD)",
        ),
        f"""
        SELECT week, service, deployments, lead_time_hours::VARCHAR, (change_fail_rate * 100)::DECIMAL(5, 1)::VARCHAR || ' %',
            review_turnaround_hours::VARCHAR, changes_merged, ai_changes_merged, effective_usd
        FROM published WHERE week IN (SELECT DISTINCT week FROM published ORDER BY week DESC LIMIT {WEEKS_SHOWN})
        ORDER BY week DESC, service
        """,
        (
            "What agents cost beside how work is delivered; the table has the other DORA measures, and agents' changes beside the rest. "
            "A change counts as an agent's by any mark of one, so the true share is higher.",
        ),
        "No week of delivery has ended yet.",
    )


def judgements(published: Published) -> str:
    return told(
        published,
        "Use beside delivery: more, less, or not known",
        "judgements",
        ("Of", "Name", "Weeks on a side", "From", "Use", "Delivered", "Per dollar", "Quality", "Verdict", "Why"),
        """
        , shown AS (
            SELECT *, use_ratio || ' (' || use_ratio_low || ' to ' || use_ratio_high || ')' AS used,
                delivered_ratio || ' (' || delivered_ratio_low || ' to ' || delivered_ratio_high || ')' AS came,
                delivered_per_usd_ratio || ' (' || delivered_per_usd_ratio_low || ' to ' || delivered_per_usd_ratio_high || ')' AS per_usd
            FROM published
        )
        SELECT scope_kind, scope, weeks, window_from, used, came, per_usd, replace(quality, '_', ' '), replace(verdict, '_', ' '),
            replace(reason, '_', ' ')
        FROM shown ORDER BY scope_kind, scope
        """,
        (
            "The newest weeks over as many before them, with 95 % intervals: use in dollars, changes that stayed, and changes per dollar. "
            "Unclear is the answer wherever intervals, coverage or numbers allow no other. Evidence and no proof; never about a person.",
        ),
        "No week is told of teams yet.",
    )


def waste(published: Published) -> str:
    return told(
        published,
        "Where the work is expensive to understand",
        "waste_patterns",
        ("Pattern", "Where", "Findings", "Effective (USD)", "What to look at"),
        """
        SELECT replace(pattern, '_', ' '), scope, sum(findings), sum(effective_usd), any_value(advice)
        FROM published WHERE day > (SELECT max(day) FROM published) - INTERVAL 28 DAY
        GROUP BY pattern, scope ORDER BY pattern, scope
        """,
        ("Places to look at over the last four weeks, in no order of amounts: processes, never people.",),
        "Nothing was found.",
    )
