"""A small company for the dbt tests: 24 people in four teams, one bot, two months of bills. Deterministic arithmetic, no randomness."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.dbt.raw_home import RawHome

FIRST, LAST = date(2026, 8, 24), date(2026, 10, 4)
AS_OF = date(2026, 10, 4)
ACCOUNT = "acme"
TEAMS = {"payments": 9, "search": 8, "platform": 5, "research": 2}
MODELS = ("Claude Sonnet 4.6", "Auto: GPT-5.4", "Coding Agent model")
PRICE = Decimal("0.01")
BOT = "release[bot]"


def people() -> list[tuple[int, str, str]]:
    """(number, login, team) of everybody."""
    teams = [team for team, size in TEAMS.items() for _ in range(size)]
    return [(number, f"dev{number:02d}", team) for number, team in enumerate(teams, start=1)]


def days() -> list[date]:
    return [FIRST + timedelta(days=offset) for offset in range((LAST - FIRST).days + 1)]


def credits_of(number: int, day: date, model: int) -> Decimal:
    """Credits with six decimals; nothing on weekends, and for the third model only every third person."""
    if day.weekday() >= 5 or (model == 2 and number % 3):
        return Decimal(0)
    return Decimal((number * 37 + day.toordinal() * 11 + model * 101) % 900 + 1) * Decimal("0.123457")


def report_row(day: date, login: str, model: str, credits: Decimal, *, net: Decimal = Decimal(0), **more: Any) -> dict[str, Any]:
    gross = credits * PRICE
    return {
        "date": day,
        "username": login,
        "product": "copilot",
        "sku": "coding_agent_ai_credit" if model.startswith("Coding") else "copilot_ai_credit",
        "model": model,
        "quantity": credits,
        "unit_type": "ai-credits",
        "applied_cost_per_quantity": PRICE,
        "gross_amount": gross,
        "discount_amount": gross - net,
        "net_amount": net,
        "organization": "acme-eng",
        "repository": "",
        "cost_center_name": "",
        **more,
    }


def report_rows(day: date) -> list[dict[str, Any]]:
    """The AI-credit export of one day: people, the bot and, on Mondays, an unattributed line. The pool is empty from the 25th on."""
    rows = []
    for number, login, _ in people():
        for index, model in enumerate(MODELS):
            if credits := credits_of(number, day, index):
                net = credits * PRICE if day.day >= 25 else Decimal(0)
                rows.append(report_row(day, login, model, credits, net=net))
    if day.weekday() == 0:
        rows.append(report_row(day, "", MODELS[0], Decimal("3.5")))
    if day.weekday() < 5:
        rows.append(report_row(day, BOT, MODELS[0], Decimal("41.25")))
    return rows


def billing_row(day: date, product: str, sku: str, quantity: Decimal, price: Decimal, net: Decimal, **more: Any) -> dict[str, Any]:
    gross = quantity * price
    return {
        "date": day,
        "product": product,
        "sku": sku,
        "quantity": quantity,
        "unit_type": "user-months" if product == "copilot" else "minutes",
        "applied_cost_per_quantity": price,
        "gross_amount": gross,
        "discount_amount": gross - net,
        "net_amount": net,
        "organization": "acme-eng",
        "repository": "",
        "cost_center_name": "",
        "username": "",
        "workflow_path": "",
        **more,
    }


def billing_rows(day: date) -> list[dict[str, Any]]:
    """The detailed bill of one day: seats, an agent's Actions minutes, a sandbox, ordinary CI, and the AI credits a second time."""
    share = Decimal("0.032258064516")
    rows = [billing_row(day, "copilot", "copilot_for_business", share, Decimal(19), share * 19, username=login) for _, login, _ in people()]
    minutes = Decimal("0.008")
    rows += [
        billing_row(
            day, "actions", "actions_linux", Decimal(50), minutes, Decimal("0.4"), workflow_path="dynamic/copilot-swe-agent/copilot"
        ),
        billing_row(
            day,
            "actions",
            "actions_linux",
            Decimal(20),
            minutes,
            Decimal("0.16"),
            workflow_path="dynamic/agents/copilot-pull-request-reviewer",
        ),
        billing_row(day, "actions", "actions_linux", Decimal(900), minutes, Decimal("7.2"), workflow_path=".github/workflows/ci.yml"),
        billing_row(day, "sandbox", "sandbox_linux", Decimal(10), minutes, Decimal("0.08")),
        billing_row(day, "copilot", "copilot_ai_credit", Decimal(100), PRICE, Decimal("0")) | {"unit_type": "ai-credits"},
    ]
    return rows


def user_day(number: int, login: str, day: date) -> dict[str, Any]:
    return {
        "day": day,
        "user_id": 1000 + number,
        "user_login": login.title(),
        "ai_credits_used": sum((credits_of(number, day, model) for model in range(3)), Decimal(0)),
        "user_initiated_interaction_count": number % 7 + 1,
        "code_generation_activity_count": 5,
        "code_acceptance_activity_count": 2,
        "loc_added_sum": 40,
        "used_chat": True,
        "used_copilot_cloud_agent": number % 3 == 0,
        "totals_by_feature": [
            {"feature": "chat_panel_agent_mode", "user_initiated_interaction_count": number % 7, "code_acceptance_activity_count": 1},
            {"feature": "code_completion", "user_initiated_interaction_count": 1, "code_acceptance_activity_count": 1},
        ],
        "totals_by_cli": {"session_count": 1, "request_count": 4, "prompt_count": 3} if number <= 3 else None,
        "totals_by_3rd_party_agent": None,
    }


def seat(number: int, login: str, day: date) -> dict[str, Any]:
    return {
        "created_at": datetime(2026, 1, 5, 9),
        "last_activity_at": datetime.combine(day, datetime.min.time()) if number % 6 else datetime(2026, 6, 1),
        "plan_type": "business",
        "assignee": {"id": 1000 + number, "login": login, "type": "User"},
        "organization": {"id": 9, "login": "acme-eng"},
    }


def roster_row(number: int, login: str, team: str) -> dict[str, Any]:
    return {
        "employee_id": f"E{number:04d}",
        "email": f"{login}@acme.example",
        "github_login": login,
        "team": team,
        "division": "engineering",
        "cost_center": f"CC-{team}",
        "segment": "backend",
        "valid_from": date(2025, 1, 1),
    }


def enterprise(path: Path) -> RawHome:
    """The whole company; the last days have not settled. People 23 and 24 are in no roster."""
    home = RawHome(path)
    home.account(ACCOUNT, "ai_credit_report")
    home.account("roster", "roster", vendor="hr", configured=False)
    for day in days():
        active = [person for person in people() if day.weekday() < 5 or person[0] % 8 == 0]
        seen = min(day + timedelta(days=10), AS_OF)
        home.land("ai_credit_report", ACCOUNT, day, report_rows(day), fetched=seen)
        home.land("billing_report", ACCOUNT, day, billing_rows(day), fetched=seen)
        home.land("user_days", ACCOUNT, day, [user_day(number, login, day) for number, login, _ in active], fetched=seen)
        home.land("seats", ACCOUNT, day, [seat(number, login, day) for number, login, _ in people()], fetched=day)
    home.land("roster", "roster", FIRST, [roster_row(*person) for person in people() if person[0] < 23], vendor="hr", origin="file")
    return home
