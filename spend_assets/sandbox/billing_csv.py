"""The billing export files and the billing summary, with the quirks of real exports: BOM, CRLF, every value quoted, float noise."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from spend_assets.sandbox.amounts import noisy, plain
from spend_assets.sandbox.dice import Dice
from spend_assets.sandbox.ledger import SEAT_SKU, SEAT_USD, Charge, Ledger
from spend_assets.sandbox.metered import Metered
from spend_assets.sandbox.usage import CREDITS_START, REQUEST_SKU

AI_COLUMNS = [
    "date",
    "username",
    "product",
    "sku",
    "model",
    "quantity",
    "unit_type",
    "applied_cost_per_quantity",
    "gross_amount",
    "discount_amount",
    "net_amount",
    "total_monthly_quota",
    "organization",
    "repository",
    "cost_center_name",
    "aic_quantity",
    "aic_gross_amount",
]
TOKEN_COLUMNS = ["input", "output", "cache_read", "cache_write"]
TOKENS_START = date(2026, 9, 1)
"""Exports made from this day on have the token columns; older rows leave them empty."""
DETAILED_COLUMNS = [
    "date",
    "product",
    "sku",
    "quantity",
    "unit_type",
    "applied_cost_per_quantity",
    "gross_amount",
    "discount_amount",
    "net_amount",
    "organization",
    "repository",
    "cost_center_name",
    "username",
    "workflow_path",
]
_QUOTA = {"business": 1900, "enterprise": 3900}


class BillingFiles:
    def __init__(self, ledger: Ledger, metered: Metered, dice: Dice):
        self._ledger, self._metered, self._dice = ledger, metered, dice
        self._identities = ledger.identities

    def ai_credit(self, start: date, end: date, as_of: datetime) -> Iterator[list[str]]:
        """Header, then rows of the AI usage report from `start` to `end`, both included, as billed at `as_of`."""
        tokens = as_of.date() >= TOKENS_START
        yield AI_COLUMNS + (TOKEN_COLUMNS if tokens else [])
        for day in _days(start, end):
            for place, charge in enumerate(_merged(self._ledger.day(day, as_of))):
                row = self._ai_row(charge, place)
                yield row + self._tokens(charge) if tokens else row

    def detailed(self, start: date, end: date, as_of: datetime) -> Iterator[list[str]]:
        """Header, then rows of the detailed report: seats, AI credits by user and cost centre, Actions minutes, sandboxes."""
        yield DETAILED_COLUMNS
        for day in _days(start, end):
            if as_of < self._ledger.schedule.ready(day, "billing"):
                continue
            yield from self._seat_rows(day)
            yield from self._credit_rows(day, as_of)
            for row in self._metered.day(day, as_of):
                yield [
                    *(day.isoformat(), row.product, row.sku, plain(row.quantity, 6), row.unit_type, plain(row.price, 6)),
                    *(plain(row.gross, 12), plain(row.discount, 12), plain(row.gross - row.discount, 12)),
                    *(row.organization, row.repository, row.cost_center, self._login(row.account, day), row.workflow_path),
                ]

    def summary(self, days: Iterable[date], as_of: datetime, only: dict[str, str], organization: str | None) -> list[dict[str, Any]]:
        """usageItems by product, SKU and model: money as JSON numbers. `only` holds the filters user, model and product."""
        sums: dict[tuple[str, str], list[int]] = {}
        for day in days:
            for charge in self._ledger.day(day, as_of):
                usage = charge.usage
                if organization is not None and usage.organization != organization:
                    continue
                if only.get("user") and self._login(usage.payer, day) != only["user"]:
                    continue
                if only.get("model", usage.model.billed) != usage.model.billed or only.get("product", "copilot") != "copilot":
                    continue
                line = sums.setdefault((usage.sku, usage.model.billed), [0, 0, 0])
                line[0] += self._ledger.quantity(charge)
                line[1] += charge.gross
                line[2] += charge.discount
        return [self._item(sku, model, line) for (sku, model), line in sorted(sums.items())]

    def _item(self, sku: str, model: str, line: list[int]) -> dict[str, Any]:
        quantity, gross, discount = line
        price = 4 if sku == REQUEST_SKU else 1
        covered = discount // price
        noise = self._dice.number("item", sku, model, quantity)
        amounts = {
            "grossQuantity": (quantity, 6),
            "grossAmount": (gross, 8),
            "discountQuantity": (covered, 6),
            "discountAmount": (discount, 8),
            "netQuantity": (quantity - covered, 6),
            "netAmount": (gross - discount, 8),
        }
        item: dict[str, Any] = {"product": "copilot", "sku": sku, "model": model}
        item |= {"unitType": "requests" if sku == REQUEST_SKU else "ai-credits", "pricePerUnit": price / 100}
        for place, (name, (value, places)) in enumerate(amounts.items()):
            text = noisy(value, places, bool(noise & 1)) if value and (noise >> place) % 4 == 0 else plain(value, places)
            item[name] = float(text) if "." in text else int(text)
        return item

    def _ai_row(self, charge: Charge, place: int) -> list[str]:
        usage, day = charge.usage, charge.day
        quantity = self._ledger.quantity(charge)
        premium = usage.sku == REQUEST_SKU
        noise = self._dice.number("csv", day, place, usage.account)
        account = None if usage.payer is None else self._identities.accounts[usage.payer]
        seat = self._identities.billed_seat(account, day) if account else None
        money = (charge.gross, charge.discount, charge.net)
        texts = [_text(value, 8, noise >> (4 * n)) for n, value in enumerate(money)]
        return [
            *(day.isoformat(), self._login(usage.payer, day), "copilot", usage.sku, usage.model.billed, _text(quantity, 6, noise >> 16)),
            *("requests" if premium else "ai-credits", "0.04" if premium else "0.01", *texts),
            "0" if premium else str(_QUOTA[seat.plan] if seat else 0),
            *(usage.organization, usage.repository, usage.cost_center),
            *((_text(usage.credits, 6, noise >> 20), _text(usage.credits, 8, noise >> 24)) if premium else ("0", "0")),
        ]

    def _tokens(self, charge: Charge) -> list[str]:
        if charge.day < TOKENS_START:
            return ["", "", "", ""]
        output = charge.usage.output_tokens
        number = self._dice.number("tokens", charge.day, charge.usage.account, output)
        return [str(output * (3 + number % 5)), str(output), str(output * (35 + number % 26)), str(output * (number % 3))]

    def _seat_rows(self, day: date) -> Iterator[list[str]]:
        for row in self._ledger.seat_days(day):
            account = row.seat.account
            team = account.team_on(day)
            gross = plain(row.gross, 12)
            yield [
                *(
                    day.isoformat(),
                    "copilot",
                    SEAT_SKU[row.seat.plan],
                    plain(row.quantity, 12),
                    "user-months",
                    str(SEAT_USD[row.seat.plan]),
                ),
                *(gross, "0", gross, row.seat.org, "", team.cost_center if team else "", account.login_on(day), ""),
            ]

    def _credit_rows(self, day: date, as_of: datetime) -> Iterator[list[str]]:
        sums: dict[tuple[str, str, str, str, str], list[int]] = {}
        for charge in self._ledger.day(day, as_of):
            usage = charge.usage
            key = (usage.sku, self._login(usage.payer, day), usage.organization, usage.repository, usage.cost_center)
            line = sums.setdefault(key, [0, 0, 0])
            for n, value in enumerate((self._ledger.quantity(charge), charge.gross, charge.discount)):
                line[n] += value
        for (sku, login, organization, repository, cost_center), (quantity, gross, discount) in sums.items():
            premium = day < CREDITS_START
            yield [
                *(
                    day.isoformat(),
                    "copilot",
                    sku,
                    plain(quantity, 6),
                    "requests" if premium else "ai-credits",
                    "0.04" if premium else "0.01",
                ),
                *(plain(gross, 8), plain(discount, 8), plain(gross - discount, 8), organization, repository, cost_center, login, ""),
            ]

    def _login(self, account: int | None, day: date) -> str:
        return "" if account is None else self._identities.accounts[account].login_on(day)


def _merged(charges: list[Charge]) -> Iterator[Charge]:
    """Rows of nobody are one row per SKU and model: the file has no column that would tell them apart."""
    nobody: dict[tuple[str, str], Charge] = {}
    for charge in charges:
        usage = charge.usage
        if usage.payer is not None:
            yield charge
            continue
        key = (usage.sku, usage.model.billed)
        before = nobody.get(key)
        if before:
            total = usage._replace(
                credits=usage.credits + before.usage.credits,
                requests=usage.requests + before.usage.requests,
                output_tokens=usage.output_tokens + before.usage.output_tokens,
            )
            charge = Charge(total, charge.day, charge.gross + before.gross, charge.discount + before.discount)
        nobody[key] = charge
    yield from nobody.values()


def encode(rows: Iterable[list[str]]) -> bytes:
    """The file: UTF-8 with BOM, CRLF, every value quoted."""
    lines = ('"' + '","'.join(value.replace('"', '""') for value in row) + '"' for row in rows)
    return b"\xef\xbb\xbf" + "".join(line + "\r\n" for line in lines).encode()


def _text(value: int, places: int, noise: int) -> str:
    """One amount in five bears the noise of binary floats."""
    return noisy(value, places, bool(noise & 1)) if value and (noise >> 1) % 5 == 0 else plain(value, places)


def _days(start: date, end: date) -> Iterator[date]:
    for number in range((end - start).days + 1):
        yield start + timedelta(days=number)
