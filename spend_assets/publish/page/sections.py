"""What the pages show. Each section reads published tables of its own audience only, so a page never shows more than its file holds."""

from collections.abc import Callable

from spend_assets.publish.page.bills import bridge_terms, commitments, cost_centers, idle_seats, invoices
from spend_assets.publish.page.html import paragraph, section
from spend_assets.publish.page.published import WEEKS_SHOWN, Published, told
from spend_assets.publish.page.work import delivery, judgements, waste, work_of_workflows

UNFINISHED = ("failed", "missing", "partial")


def spend_by_month(published: Published) -> str:
    return told(
        published,
        "Spend by month and vendor",
        "spend_by_vendor_daily",
        ("Month", "Vendor", "Consumption (USD)", "Billed (USD)", "Effective (USD)", "Days not complete"),
        """
        SELECT strftime(day, '%Y-%m') AS month, vendor, sum(consumption_usd), sum(billed_usd), sum(effective_usd),
            count(DISTINCT day) FILTER (WHERE data_status <> 'complete')
        FROM published GROUP BY month, vendor ORDER BY month DESC, vendor
        """,
        (
            "Three kinds of money that are never added together. Consumption is what the vendor says the usage is worth at list. "
            "Billed is what the vendor's ledger charges after pools, included use and discounts. "
            "Effective is billed spread over the use it pays for.",
            "Credits and consumption are neither an invoice nor a measure of productivity.",
        ),
        "No spend is known for any day.",
    )


def spend_by_team(published: Published) -> str:
    return told(
        published,
        f"Spend by week and team, the last {WEEKS_SHOWN} published weeks",
        "spend_per_team_weekly",
        ("Week from", "Team", "Vendor", "Series", "Consumption (USD)", "Effective (USD)", "Active people"),
        f"""
        SELECT week, team, vendor, series, consumption_usd, effective_usd, active_people
        FROM published WHERE week IN (SELECT DISTINCT week FROM published ORDER BY week DESC LIMIT {WEEKS_SHOWN})
        ORDER BY week DESC, team, vendor, series
        """,
        (
            "Only weeks that have ended and settled for every vendor. What too few people used would show single persons: a team's small "
            "vendors are told together, small teams with others of their division, and what is left in (suppressed): nothing is left out "
            "of the total. A count of too few people is shown as unknown.",
        ),
        "No week has ended and settled yet.",
    )


def health_counts(published: Published) -> str:
    return told(
        published,
        "Data health",
        "data_health",
        ("Vendor", "Account", "Stream", "Status", "Days"),
        "SELECT vendor, account, stream, data_status, count(*) FROM published GROUP BY ALL ORDER BY vendor, account, stream, data_status",
        ("Each stream is expected once for each account and day. Missing is not zero: such a day is marked until the vendor delivers it.",),
        "No day is expected yet.",
    )


def health_gaps(published: Published) -> str:
    statuses = ", ".join(f"'{status}'" for status in UNFINISHED)
    return told(
        published,
        "What is missing, and since when",
        "data_health",
        ("Vendor", "Account", "Stream", "Status", "Days", "First day", "Last day"),
        f"""
        SELECT vendor, account, stream, data_status, count(*), min(day), max(day)
        FROM published WHERE data_status IN ({statuses})
        GROUP BY vendor, account, stream, data_status ORDER BY min(day), vendor, account, stream, data_status
        """,
        (),
        "Nothing that is due is missing.",
    )


def finance_months(published: Published) -> str:
    return told(
        published,
        "Months",
        "finance_monthly",
        (
            "Month", "Vendor", "Account", "Series", "Currency", "Consumption (USD)", "Billed (USD)", "Effective (USD)", "Invoiced (USD)",
            "To accrue (USD)", "Unexplained (USD)", "Seat-months", "Close",
        ),
        """
        SELECT strftime(month, '%Y-%m'), vendor, account, series, currency, consumption_usd, billed_usd, effective_usd, invoiced_usd,
            provisional_usd, unexplained_usd, seat_months, close_status
        FROM published ORDER BY month DESC, vendor, account, series
        """,
        (
            "Consumption, billed, effective and invoiced are four kinds of money and never added together. "
            "Unknown means that no source says it; it does not mean zero. A month is settled when every day of every stream behind it is.",
        ),
        "No month is known.",
    )  # fmt: skip


def fetch_outcomes(published: Published) -> str:
    return told(
        published,
        "What was asked of the vendors",
        "fetch_log",
        ("Vendor", "Account", "Stream", "Outcome", "Attempts", "Last attempt"),
        """
        SELECT vendor, account, stream, outcome, count(*), max(attempted_at)
        FROM published GROUP BY ALL ORDER BY vendor, account, stream, outcome
        """,
        ("Every attempt, the ones that brought nothing new too.",),
        "Nothing was asked yet.",
    )


def quarantined(published: Published) -> str:
    return told(
        published,
        "Records set aside",
        "quarantine",
        ("Vendor", "Account", "Stream", "Field", "Reason", "Records"),
        """
        SELECT vendor, account, stream, field, reason, count(*)
        FROM published GROUP BY ALL ORDER BY vendor, account, stream, field, reason
        """,
        ("Records that do not fit their contract: kept as sent, not counted, never shown. The table says how each is released.",),
        "No record was set aside.",
    )


def cost_of_privacy(published: Published) -> str:
    return told(
        published,
        "What protecting people costs in detail",
        "suppression_cost",
        ("Table", "Step", "Cells", "Share of cells", "Share of dollars"),
        """
        SELECT table_name, step, cells, CAST(floor(cell_share * 100) AS VARCHAR) || ' %', CAST(floor(dollar_share * 100) AS VARCHAR) || ' %'
        FROM published WHERE step NOT LIKE '0 %' ORDER BY table_name, step
        """,
        (
            "How much of each table stands as it is, and how much is told together with others because too few people are behind it. "
            "No dollar is left out by merging; what is withheld is told nowhere. A smaller k in the settings tells more, of fewer people.",
        ),
        "No figure comes from persons.",
    )


def price_of_k(published: Published) -> str:
    return told(
        published,
        "What another k would cost",
        "suppression_cost",
        ("Table", "k", "Cells", "Share of cells", "Share of dollars"),
        """
        SELECT table_name, k, cells, CAST(floor(cell_share * 100) AS VARCHAR) || ' %', CAST(floor(dollar_share * 100) AS VARCHAR) || ' %'
        FROM published WHERE step LIKE '0 %' ORDER BY table_name, k
        """,
        (
            "How much of each table is of fewer than k persons, and so could not stand alone with that k. It is the least that k costs: "
            "what is merged takes neighbours with it.",
        ),
        "No figure comes from persons.",
    )


def spend_bands(published: Published) -> str:
    return told(
        published,
        f"People by what they spend a week, the last {WEEKS_SHOWN} published weeks",
        "spend_bands_weekly",
        ("Week from", "Team", "From (USD)", "Below (USD)", "People"),
        f"""
        SELECT week, team, from_usd, below_usd, people
        FROM published WHERE week IN (SELECT DISTINCT week FROM published ORDER BY week DESC LIMIT {WEEKS_SHOWN})
        ORDER BY week DESC, team, from_usd
        """,
        ("Teams of ten people or more, in the finest bands that hold enough people each. High and low say nothing about anybody's work.",),
        "No team has enough people in bands that differ.",
    )


def persons_of_teams(published: Published) -> str:
    if not published.has("manager_persons_weekly"):
        return ""
    if not published.rows("manager_persons_weekly", "SELECT 1 FROM published LIMIT 1"):
        return ""
    return section(
        "Weeks of single persons",
        paragraph(
            "The table manager_persons_weekly holds them under pseudonyms, by team and in no order of amounts. Whoever manages six people "
            "recognises each of them: pseudonyms protect nobody here, only the rules of the agreement do."
        ),
    )


def budgets(published: Published) -> str:
    return told(
        published,
        "Budgets of the last two months",
        "budget_status",
        (
            "Month",
            "Scope",
            "Name",
            "Budget (USD)",
            "Spent (USD)",
            "Spent",
            "Stage",
            "Since",
            "Do",
            "Forecast (USD)",
            "Low (USD)",
            "High (USD)",
            "Usual error",
            "Spent up on",
        ),
        """
        SELECT strftime(month, '%Y-%m'), scope, scope_id || CASE WHEN vendor = '(all)' THEN '' ELSE ' (' || vendor || ')' END,
            budget_usd, spent_usd, spent_percent::BIGINT || ' %',
            coalesce(stage, 'no budget') || CASE WHEN is_restated THEN ' (restated)' ELSE '' END,
            coalesce((CASE stage WHEN 'policy' THEN policy_on WHEN 'review' THEN review_on ELSE early_warning_on END)::VARCHAR, ''),
            coalesce(action, ''), forecast_usd, forecast_low_usd, forecast_high_usd,
            coalesce(round(forecast_error_p50 * 100, 1)::DECIMAL(9, 1) || ' %', ''),
            coalesce(
                exhausted_on::VARCHAR
                    || coalesce(' (' || exhausted_first_on || ' to ' || coalesce(exhausted_last_on::VARCHAR, 'later') || ')', ''), ''
            )
        FROM published WHERE month IN (SELECT DISTINCT month FROM published ORDER BY month DESC LIMIT 2)
        ORDER BY month DESC, list_position(['organisation', 'vendor', 'cost_center', 'team', 'workflow', 'key'], scope), scope_id, vendor
        """,
        (
            "Effective spend against what was planned. Stages are reviews, not stops: 60 % spent, or a forecast of 100 % on two "
            "mornings in a row, tells the owner; 80 % asks for a review; 95 % for other models or another budget. A stage fires once "
            "a month and stays. It counts all spend; the amounts leave out days and accounts that are not told yet.",
            "A forecast is an estimate. Of ten months about as far as this one, one came out below the low figure and one above the "
            "high one; usual error is what half of the past forecasts about this day of the month stayed below. What belongs to people "
            "below the vendor has its stage only.",
        ),
        "No month has spend or a budget yet.",
    )


def pools(published: Published) -> str:
    return told(
        published,
        "Included pools",
        "pool_status",
        ("Month", "Vendor", "Account", "Pool (USD)", "Used", "Month should use", "Runs out on", "Usual error"),
        """
        SELECT strftime(month, '%Y-%m'), vendor, account, pool_usd, used_percent::BIGINT || ' %', forecast_percent::BIGINT || ' %',
            CASE
                WHEN pool_usd IS NULL AND runs_out_on IS NULL THEN NULL
                ELSE coalesce(runs_out_on::VARCHAR, 'lasts')
                    || coalesce(' (' || runs_out_first_on || ' to ' || coalesce(runs_out_last_on::VARCHAR, 'later') || ')', '')
            END,
            coalesce(round(forecast_error_p50 * 100, 1)::DECIMAL(9, 1) || ' %', '')
        FROM published WHERE month IN (SELECT DISTINCT month FROM published ORDER BY month DESC LIMIT 2)
        ORDER BY month DESC, vendor, account
        """,
        (
            "Use at list prices that the seats include, for all of an account together, anew at 00:00 UTC on the first. "
            "What is used beyond is charged.",
        ),
        "No account has a pool.",
    )


Section = Callable[[Published], str]
PAGES: dict[str, tuple[str, tuple[Section, ...]]] = {
    "aggregate": (
        "AI agent spend",
        (
            spend_by_month,
            work_of_workflows,
            spend_by_team,
            delivery,
            judgements,
            waste,
            spend_bands,
            cost_of_privacy,
            price_of_k,
            health_gaps,
            health_counts,
        ),
    ),
    "finance": ("AI agent spend: finance", (finance_months, invoices, bridge_terms, cost_centers, idle_seats, commitments, budgets, pools)),
    "restricted": ("AI agent spend: operations (restricted)", (fetch_outcomes, quarantined, persons_of_teams)),
}
"""Title and sections of each audience's page. None lists persons: the unit is the workflow (DESIGN law 11)."""
