"""A small reader of the sandbox, written from GitHub's documentation and from nothing else: it retries, and never waits."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx

from spend_assets.sandbox.run import Sandbox

TWELVE = Decimal(1).scaleb(-12)


def twelve(text: str | int | Decimal) -> Decimal:
    """An amount as a reader with DECIMAL(28,12) keeps it."""
    return Decimal(text).quantize(TWELVE)


class Reader:
    def __init__(self, sandbox: Sandbox):
        self.sandbox = sandbox
        self.client = httpx.Client(base_url=sandbox.base_url, trust_env=False, timeout=20)
        self.refusals = 0
        scope = f"/enterprises/{sandbox.enterprise}" if sandbox.enterprise else f"/orgs/{sandbox.orgs[0]}"
        self.metrics = f"{scope}/copilot/metrics/reports"
        self.billing = f"/enterprises/{sandbox.enterprise}/settings/billing"

    def ask(self, path: str, credential: str = "GITHUB_TOKEN", method: str = "GET", **options: Any) -> httpx.Response:
        """The answer after at most six attempts; what is transient heals within them."""
        headers = {"Authorization": f"Bearer {self.sandbox.tokens.get(credential, credential)}", "X-GitHub-Api-Version": "2026-03-10"}
        for _ in range(6):
            try:
                answer = self.client.request(method, path, headers=headers, **options)
            except (httpx.TransportError, httpx.DecodingError):
                self.refusals += 1
                continue
            limited = answer.status_code in (403, 429) and "rate limit" in answer.text
            page = answer.headers.get("content-type", "").startswith("text/html")
            if not limited and not page and answer.status_code < 500:
                return answer
            self.refusals += 1
        raise AssertionError(f"six attempts failed at {path}")

    def pages(self, path: str, size: int) -> Iterator[Any]:
        url = f"{path}?per_page={size}"
        while url:
            answer = self.ask(url)
            yield answer.json()
            url = answer.links.get("next", {}).get("url", "")

    def download(self, link: str) -> bytes | int:
        """The file behind a link, or the status that refuses it. Unpacked here: httpx takes a truncated gzip for a whole one."""
        for _ in range(6):
            try:
                with self.client.stream("GET", link) as answer:
                    body = b"".join(answer.iter_raw())
                if answer.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
            except (httpx.TransportError, EOFError):
                self.refusals += 1
                continue
            if answer.status_code == 200:
                return body
            if answer.status_code < 500:
                return answer.status_code
            self.refusals += 1
        raise AssertionError("six attempts failed at a link")

    def report(self, name: str, day: date | None) -> tuple[list[bytes], bool] | None:
        """(lines, complete) of a report, or None where GitHub has nothing. Asks again for what a link refuses."""
        lines: list[bytes] = []
        for _ in range(6):
            answer = self.ask(f"{self.metrics}/{name}", params={"day": day.isoformat()} if day else {})
            if answer.status_code in (204, 404) or not answer.content or not answer.json()["download_links"]:
                return None
            parts = [self.download(link) for link in answer.json()["download_links"]]
            lines = [line for part in parts if isinstance(part, bytes) for line in part.splitlines() if line]
            if all(isinstance(part, bytes) for part in parts):
                return lines, True
        return lines, False

    def credits(self, day: date) -> tuple[dict[int, Decimal | None], bool] | None:
        """User id -> ai_credits_used of a day's usable records (None where the field is absent), and whether all parts came."""
        found = self.report("users-1-day", day)
        if found is None:
            return None
        users: dict[int, Decimal | None] = {}
        for line in found[0]:
            try:
                record = json.loads(line, parse_float=Decimal, parse_int=Decimal)
            except ValueError:
                continue
            credits = record.get("ai_credits_used")
            if credits is None or credits >= 0:
                assert record["user_id"] not in users
                users[int(record["user_id"])] = None if credits is None else twelve(credits)
        return users, found[1]

    def export(self, kind: str, start: date, end: date) -> list[dict[str, str]]:
        order = {"report_type": kind, "start_date": start.isoformat(), "end_date": end.isoformat()}
        created = self.ask(f"{self.billing}/reports", "GITHUB_BILLING_TOKEN", "POST", json=order)
        assert created.status_code == 202, created.text
        for _ in range(10):
            state = self.ask(f"{self.billing}/reports/{created.json()['id']}", "GITHUB_BILLING_TOKEN").json()
            if state["status"] == "completed":
                break
        rows: list[dict[str, str]] = []
        for place in range(len(state["download_urls"])):
            content: bytes | int = 403
            while content == 403:  # the link was refused: ask for a fresh one
                state = self.ask(f"{self.billing}/reports/{created.json()['id']}", "GITHUB_BILLING_TOKEN").json()
                content = self.download(state["download_urls"][place])
            assert isinstance(content, bytes)
            assert content.startswith(b"\xef\xbb\xbf")
            rows += csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        return rows
