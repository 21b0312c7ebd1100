"""What must hold whatever the method (docs/detection.md): each sentence is a test."""

import random
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spend_assets.publish.pseudonyms import Pseudonyms
from tests.signals.replay import Detection, Finding, Run, Usage, calm_usage

DAYS, PEOPLE, BAD_DAY = 130, 120, 112
Change = Callable[[Usage], Usage | None]


def changed(rows: list[Usage], change: Change) -> list[Usage]:
    return [row for row in map(change, rows) if row is not None]


def on(day: int, vendor: str, change: Change) -> Change:
    return lambda row: change(row) if row[0] == day and row[1] == vendor else row


def times(factor: float) -> Change:
    return lambda row: (*row[:4], round(row[4] * factor, 4), row[5])


def new(detection: Detection, change: Change) -> set[Finding]:
    """What a change of the history adds to its findings until the end of that week; later ones have another budget to share."""
    calm = calm_usage(5, PEOPLE, DAYS)
    more = detection.findings(changed(calm, change)) - detection.findings(calm)
    return {finding for finding in more if finding[0] < BAD_DAY + 7}


def test_a_day_in_cents_is_one_finding_about_the_vendor_and_none_about_people(detection: Detection) -> None:
    assert new(detection, on(BAD_DAY, "north", times(100))) == {(BAD_DAY, "vendor", "north", "north", "unit_error")}


def test_a_duplicated_day_is_named(detection: Detection) -> None:
    assert new(detection, on(BAD_DAY, "north", times(2))) == {(BAD_DAY, "vendor", "north", "north", "duplicated")}


def test_a_missing_day_is_one_finding_and_its_recovery_none(detection: Detection) -> None:
    assert new(detection, on(BAD_DAY, "south", lambda _row: None)) == {(BAD_DAY, "vendor", "south", "south", "missing")}


def test_half_a_day_is_partial_and_late_once_the_rest_came(detection: Detection) -> None:
    def half(row: Usage) -> Usage | None:
        return row if int(row[2][1:]) % 2 else None

    def half_later(row: Usage) -> Usage:
        return row if int(row[2][1:]) % 2 else (*row[:5], row[0] + 3)

    assert new(detection, on(BAD_DAY, "north", half)) == {(BAD_DAY, "vendor", "north", "north", "partial")}
    assert new(detection, on(BAD_DAY, "north", half_later)) == {(BAD_DAY, "vendor", "north", "north", "late")}


def test_a_holiday_of_all_vendors_and_a_price_step_are_nothing(detection: Detection) -> None:
    def holiday(row: Usage) -> Usage | None:
        return None if row[0] == BAD_DAY and int(row[2][1:]) % 10 else row

    def dearer(row: Usage) -> Usage:
        return times(1.4)(row) if row[0] >= BAD_DAY and row[1] == "north" else row

    assert {finding for finding in new(detection, holiday) if finding[1] == "vendor"} == set()
    assert {finding for finding in new(detection, dearer) if finding[1] == "vendor"} == set()


def test_the_launch_of_a_team_of_twelve_is_one_finding_at_most(detection: Detection) -> None:
    calm = calm_usage(6, PEOPLE, DAYS, team_size=12)

    def launch(row: Usage) -> Usage:
        return times(3)(row) if row[3] == "t4" and BAD_DAY <= row[0] < BAD_DAY + 8 else row

    more = detection.findings(changed(calm, launch)) - detection.findings(calm)
    assert len(more) <= 1


def test_a_person_of_a_hundred_times_is_a_spike_and_a_joiner_is_silent_for_eight_days(detection: Detection) -> None:
    calm = [row for row in calm_usage(5, PEOPLE, DAYS) if row[2] != "u7"]
    always: list[Usage] = [(day, "north", "u7", "t0", 4.0 + day % 3, day + 1) for day in range(DAYS) if day % 7 < 5]
    wild = changed(always, on(BAD_DAY, "north", times(100)))
    earlier = [row for row in wild if row[0] < BAD_DAY]

    def days_of(rows: list[Usage]) -> set[int]:
        return {day for day, level, entity, *_ in detection.findings([*calm, *rows]) if (level, entity) == ("user", "u7")}

    assert days_of(wild) == {BAD_DAY}
    assert days_of(wild[len(earlier) - 8 :]) == {BAD_DAY}, "the ninth active day is judged"
    assert days_of(wild[len(earlier) - 7 :]) == set(), "the eighth is not"


def test_days_in_a_row_are_one_anomaly_whose_id_is_published_as_a_keyed_hash(detection: Detection) -> None:
    calm = [(*row[:2], f"hr:{row[2]}", *row[3:]) for row in calm_usage(5, PEOPLE, DAYS)]
    always: list[Usage] = [(day, "north", "hr:u999", "t0", 4.0 + day % 3, day + 1) for day in range(DAYS) if day % 7 < 5]
    wild = [times(100)(row) if row[0] in (BAD_DAY + 1, BAD_DAY + 2) else row for row in always]
    query = "select anomaly_id, last_day - first_day, kind from intermediate.int_anomalies where entity = 'hr:u999' order by kind"
    rows = detection.rows([*calm, *wild], [], query)
    assert [(days, kind) for _, days, kind in rows] == [(0, "rule_3x"), (1, "spike")]
    assert all(Pseudonyms("k" * 40).of(anomaly_id).startswith("p_") for anomaly_id, _, _ in rows)


def runs_of(
    factor: Callable[[int], float], *, model: Callable[[int], str] = lambda _day: "small", works: Callable[[int], float] = lambda _day: 0.9
) -> list[Run]:
    dice = random.Random(3)
    rows: list[Run] = []
    for day in range(DAYS):
        count = dice.randint(8, 14)
        rows.append(
            (
                day,
                "w1",
                "t1",
                model(day),
                count,
                round(count * works(day)),
                round(count * 1.5 * factor(day) * dice.lognormvariate(0, 0.1), 4),
            )
        )
    return rows


def test_workflows_are_judged_by_cost_per_run_and_by_delivery(detection: Detection) -> None:
    usage = calm_usage(5, 40, DAYS)

    def kinds(rows: list[Run]) -> set[tuple[int, str]]:
        return {(day, kind) for day, level, entity, _, kind in detection.findings(usage, rows) if (level, entity) == ("workflow", "w1")}

    assert kinds(runs_of(lambda _day: 1)) == set()
    assert kinds(runs_of(lambda day: 20 if day == BAD_DAY else 1)) == {(BAD_DAY, "loop")}
    ((day, kind),) = kinds(runs_of(lambda day: 2 if day >= 100 else 1, model=lambda day: "large" if day >= 100 else "small"))
    assert kind == "model_swap" and 100 <= day <= 102
    assert kinds(runs_of(lambda _day: 1, model=lambda day: "large" if day >= 100 else "small")) == set()
    ((day, kind),) = kinds(runs_of(lambda day: 2 if day >= 100 else 1))
    assert kind == "cost_shift" and 100 <= day <= 103
    ((day, kind),) = kinds(runs_of(lambda _day: 1, works=lambda day: 0.0 if day >= 110 else 0.9))
    assert kind == "no_delivery" and 110 <= day <= 111
    more_runs = [(*row[:4], row[4] * 5, row[5] * 5, row[6] * 5) if row[0] >= 100 else row for row in runs_of(lambda _day: 1)]
    assert kinds(more_runs) == set()


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(cut=st.integers(min_value=70, max_value=DAYS - 1))
def test_a_history_cut_at_any_day_gives_the_findings_of_the_whole(detection: Detection, cut: int) -> None:
    dice = random.Random(9)
    rows = [times(dice.choice((8, 30)))(row) if dice.random() < 0.002 else row for row in calm_usage(8, PEOPLE, DAYS)]
    rows = changed(rows, on(99, "north", times(100)))
    rows = changed(rows, on(106, "south", lambda row: None if dice.random() < 0.6 else row))
    runs = runs_of(lambda day: 15 if day in (90, 91) else 1)
    whole = {finding for finding in detection.findings(rows, runs) if finding[0] < cut}
    assert {finding[1] for finding in detection.findings(rows, runs)} >= {"user", "vendor", "workflow"}
    assert detection.findings([row for row in rows if row[0] < cut], [run for run in runs if run[0] < cut]) == whole
    known = [row for row in rows if row[5] <= cut and row[0] < cut]
    assert detection.findings(known, [run for run in runs if run[0] < cut]) == whole
