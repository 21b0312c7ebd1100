"""Truth over HTTP, on a port and with a token of its own; off unless asked for."""

import secrets
from collections.abc import Callable
from datetime import date, datetime

import msgspec

from spend_assets.sandbox.access import problem
from spend_assets.sandbox.cells import Cell
from spend_assets.sandbox.company_invoices import Invoice
from spend_assets.sandbox.http_server import HttpServer, Request, Response
from spend_assets.sandbox.identities import Seat
from spend_assets.sandbox.roster import RosterRow
from spend_assets.sandbox.schedule import FINAL
from spend_assets.sandbox.truth import Truth
from spend_assets.sandbox.work_truth import WorkflowTruth


class TruthServer:
    """GET /truth/{monthly,daily,users,seats,teams,people,faults,withheld} of GitHub, /truth/cells of the other vendors,
    /truth/work of the workflows.

    /truth/bills has the terms of every invoice that was issued by as_of (default: by now).

    The query has from, to, day and as_of.
    """

    def __init__(
        self,
        truth: Truth,
        cells: Callable[[date, date, datetime], list[Cell]],
        bills: Callable[[datetime | None], list[Invoice]],
        work: Callable[[date, date, datetime], list[WorkflowTruth]],
        port: int,
    ):
        self._truth, self._cells, self._bills, self._work = truth, cells, bills, work
        self.token = secrets.token_hex(16)
        self._server = HttpServer(self._handle, port, 0.0)

    @property
    def base_url(self) -> str:
        return self._server.base_url

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def _handle(self, request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(given.encode(), self.token.encode()):
            return problem(401, "The truth port has a token of its own, printed at the start.")
        try:
            start, end, day = (_date(request, name) for name in ("from", "to", "day"))
            as_of = datetime.fromisoformat(request.query["as_of"]) if "as_of" in request.query else FINAL
        except ValueError:
            return problem(400, "from, to and day are dates (YYYY-MM-DD), as_of is an instant with its zone.")
        truth = self._truth
        answers: dict[str, Callable[[], object]] = {
            "/truth/monthly": lambda: truth.monthly(start, end, as_of),
            "/truth/daily": lambda: truth.daily(start, end, as_of),
            "/truth/users": lambda: truth.users(start, end, as_of),
            "/truth/seats": lambda: [_seat(seat) for seat in truth.seats(day or as_of.date())],
            "/truth/teams": lambda: [_roster(row) for row in truth.teams(day)],
            "/truth/people": truth.people,
            "/truth/faults": truth.faults,
            "/truth/withheld": truth.withheld,
            "/truth/cells": lambda: self._cells(start or date.min, end or as_of.date(), as_of),
            "/truth/bills": lambda: [_bill(invoice) for invoice in self._bills(as_of if "as_of" in request.query else None)],
            "/truth/work": lambda: self._work(start or date.min, end or as_of.date(), as_of),
        }
        answer = answers.get(request.path)
        if answer is None:
            return problem(404, f"Known: {', '.join(answers)}")
        body = msgspec.json.encode(answer())
        return Response(200, body, {"Content-Type": "application/json"})


def _date(request: Request, name: str) -> date | None:
    return date.fromisoformat(request.query[name]) if name in request.query else None


def _bill(invoice: Invoice) -> dict[str, object]:
    return {
        "vendor": invoice.bill[0],
        "account": invoice.bill[1],
        "invoice_id": invoice.invoice_id,
        "currency": invoice.entity.currency,
        "total": invoice.total,
        "consumption_usd": invoice.bridge.consumption_usd,
        "terms": invoice.truth(),
    }


def _seat(seat: Seat) -> dict[str, object]:
    return {
        "user_id": seat.account.user_id,
        "org": seat.org,
        "plan": seat.plan,
        "created_at": seat.created,
        "revoked": seat.revoked,
        "billed_until": seat.billed_until,
        "idle": seat.account.idle,
    }


def _roster(row: RosterRow) -> dict[str, object]:
    team = row.span.team
    return {
        "employee_id": row.person.employee_id,
        "team": team.name,
        "division": row.division,
        "cost_center": team.cost_center,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
    }
