"""The daily billing summary and the CSV exports: money stays text, waits are bounded, and what is missing is said."""

import csv
import io
import json
from datetime import date
from decimal import Decimal

import pytest

from spend_assets.answers import AccessDenied, UnexpectedAnswer, VendorUnavailable, Window

from .conftest import BILLING, DAY
from .server import Reply

USAGE = "/enterprises/acme/settings/billing/ai_credit/usage"
EXPORTS = "/enterprises/acme/settings/billing/reports"
SEPTEMBER = Window(date(2026, 9, 1), date(2026, 10, 1))


def usage(items: str, period: str = '{"year":2026,"month":10,"day":1}') -> Reply:
    return Reply(body=f'{{"timePeriod":{period},"enterprise":"acme","usageItems":{items}}}'.encode())


def export(status="completed", *links, **other):
    body = {"id": "e7", "report_type": "ai_credit", "start_date": "2026-09-01", "end_date": "2026-09-30", "status": status, **other}
    return Reply.of({**body, "download_urls": list(links)} if links else body)


def test_the_summary_asks_for_exactly_one_day_and_keeps_amounts_as_text(server, copilot):
    item = b'{"product":"copilot","netAmount":0.1000000000000000055511151231257827,"grossAmount":1E+2}'
    server.script[USAGE] = [usage(f"[{item.decode()}]")]
    records = []
    outcome = copilot().fetch("ai_credit_usage", DAY, records.append)
    assert records == [item]
    assert server.asked[0].query == outcome.params == {"year": "2026", "month": "10", "day": "1"}
    assert server.asked[0].headers["authorization"] == f"Bearer {BILLING}"


@pytest.mark.parametrize("period", ['{"year":2026,"month":10}', '{"year":2026}', '{"year":2026,"month":10,"day":2}'])
def test_a_summary_of_another_period_is_refused(server, copilot, period):
    server.script[USAGE] = [usage('[{"netAmount":1}]', period)]
    with pytest.raises(UnexpectedAnswer, match="another period"):
        copilot().fetch("ai_credit_usage", DAY, print)


def test_an_empty_summary_is_data_and_an_empty_body_is_not(server, copilot):
    server.script[USAGE] = [usage("[]"), Reply(204)]
    client = copilot()
    assert client.fetch("ai_credit_usage", DAY, print).kind == "data"
    assert client.fetch("ai_credit_usage", DAY, print).kind == "not_ready"


def test_an_organisation_billed_through_an_enterprise_is_not_available(server, copilot):
    outcome = copilot(org="web").fetch("ai_credit_usage", DAY, print)
    assert server.paths() == ["/organizations/web/settings/billing/ai_credit/usage"]
    assert outcome.kind == "not_available"
    assert "configure the enterprise" in outcome.detail


def test_an_enterprise_404_names_the_missing_permission(copilot):
    with pytest.raises(AccessDenied, match=r"GH_BILLING lacks the permission to read billing: .*manage_billing:enterprise"):
        copilot().fetch("ai_credit_usage", DAY, print)


def test_an_export_is_created_polled_and_read_to_the_cent(server, copilot, recorded, waits):
    table = recorded("billing-credit-usage.real.pseudonymised.csv")
    server.script[f"POST {EXPORTS}"] = [Reply(409), Reply.of({"id": "e7", "status": "processing"}, 202)]
    server.script[f"{EXPORTS}/e7"] = [export("processing"), export("completed", server.url + "/csv")]
    server.script["/csv"] = [Reply.packed(table)]
    records = []
    outcome = copilot(limits={"poll_seconds": 7}).fetch("ai_credit_report", SEPTEMBER, records.append)
    assert outcome.params == {"report_type": "ai_credit", "start_date": "2026-09-01", "end_date": "2026-09-30"}
    assert json.loads(server.asked[1].body) == {**outcome.params, "send_email": False}
    assert waits == [7, 7, 7]
    rows = [json.loads(record) for record in records]
    assert rows == list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))
    assert len(rows) == 123
    assert rows[0]["quantity"] == "0.8999999999999999"
    credits = sum(Decimal(row["gross_amount"]) for row in rows if row["unit_type"] == "ai-credits")
    assert round(credits, 2) == Decimal("704.95")


def test_a_detailed_export_is_another_report_type(server, copilot):
    server.script[f"POST {EXPORTS}"] = [export("completed", report_type="detailed")]
    outcome = copilot().fetch("billing_report", SEPTEMBER, print)
    assert json.loads(server.asked[0].body)["report_type"] == "detailed"
    assert (outcome.kind, outcome.complete) == ("data", True), "completed without links is zero rows"


def test_rows_that_do_not_fit_the_header_are_arrays(server, copilot):
    server.script[f"POST {EXPORTS}"] = [export("completed", server.url + "/csv")]
    server.script["/csv"] = [Reply(body=b'\xef\xbb\xbf"date","note"\r\n"1","a\r\nb, ""c"""\r\n"2"\r\n\r\n"3","x","y"\r\n')]
    records = []
    copilot().fetch("ai_credit_report", SEPTEMBER, records.append)
    assert [json.loads(record) for record in records] == [{"date": "1", "note": 'a\r\nb, "c"'}, ["2"], ["3", "x", "y"]]
    assert not any(b"\n" in record for record in records)


@pytest.mark.parametrize(
    ("table", "reason"),
    [(b'"a","a"\n1,2\n', "names the column 'a' twice"), (b'"a"\n"x\n', "line 2 is no CSV"), (b'"a"\n"\xff"\n', "is not UTF-8")],
)
def test_a_broken_table_is_an_error_that_says_where(server, copilot, table, reason):
    server.script[f"POST {EXPORTS}"] = [export("completed", server.url + "/csv")]
    server.script["/csv"] = [Reply(body=table)]
    with pytest.raises(UnexpectedAnswer, match=reason):
        copilot().fetch("ai_credit_report", SEPTEMBER, print)


def test_expired_export_links_are_renewed(server, copilot):
    server.script[f"POST {EXPORTS}"] = [export("completed", server.url + "/old")]
    server.script[f"{EXPORTS}/e7"] = [export("completed", server.url + "/new")]
    server.script["/old"] = [Reply(403)]
    server.script["/new"] = [Reply(body=b"a\n1\n")]
    records = []
    assert copilot().fetch("ai_credit_report", SEPTEMBER, records.append).complete
    assert records == [b'{"a":"1"}']


def test_waiting_for_exports_ends(server, copilot, waits):
    client = copilot(limits={"poll_attempts": 3})
    server.script[f"POST {EXPORTS}"] = [Reply(409)]
    with pytest.raises(VendorUnavailable, match="stays in flight"):
        client.fetch("ai_credit_report", SEPTEMBER, print)
    server.script[f"POST {EXPORTS}"] = [export("processing")]
    server.script[f"{EXPORTS}/e7"] = [export("processing")]
    with pytest.raises(VendorUnavailable, match="not finished in time"):
        client.fetch("ai_credit_report", SEPTEMBER, print)
    assert len(waits) == 6
    server.script[f"{EXPORTS}/e7"] = [export("failed")]
    with pytest.raises(VendorUnavailable, match="could not build"):
        client.fetch("ai_credit_report", SEPTEMBER, print)


def test_an_export_of_another_period_is_refused(server, copilot):
    server.script[f"POST {EXPORTS}"] = [export("completed", server.url + "/csv", start_date="2026-08-01")]
    with pytest.raises(UnexpectedAnswer, match="another type or period"):
        copilot().fetch("ai_credit_report", SEPTEMBER, print)


def test_an_export_id_never_changes_the_path(server, copilot):
    server.script[f"POST {EXPORTS}"] = [Reply.of({"id": "../../../user?x=", "status": "processing"})]
    with pytest.raises(AccessDenied):
        copilot().fetch("ai_credit_report", SEPTEMBER, print)
    assert server.paths()[-1] == EXPORTS + "/..%2F..%2F..%2Fuser%3Fx%3D"


def test_exports_span_at_most_31_days(server, copilot):
    with pytest.raises(ValueError, match="at most 31 days"):
        copilot().fetch("ai_credit_report", Window(date(2026, 8, 1), date(2026, 9, 2)), print)
    assert server.asked == []
