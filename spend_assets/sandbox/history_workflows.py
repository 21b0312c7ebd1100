"""Runs of workflows in a history, and what goes wrong with their cost: loops, dearer models, drift, runs that deliver nothing."""

from __future__ import annotations

import math
import random

from spend_assets.sandbox.history_shapes import Label

Row = tuple[int, str, str, str, int, int, float]
MODELS = ("small", "medium", "large")
WORKFLOWS_PER_TEAM = 0.7
EVENTS = {"loop": 0.11, "model_swap": 0.09, "cost_shift": 0.04, "drift": 0.05, "no_delivery": 0.05}
"""How often a year each happens to one workflow."""
BENIGN_SWAPS = 0.15


def run_workflows(dice: random.Random, teams: list[str], days: int) -> tuple[list[Row], list[Label]]:
    """One row per workflow and day with runs, and one label per anomaly."""
    rows: list[Row] = []
    labels: list[Label] = []
    for number in range(round(len(teams) * WORKFLOWS_PER_TEAM)):
        name, team = f"w{number:04d}", dice.choice(teams)
        model, unit, often = dice.choice(MODELS), dice.lognormvariate(math.log(1.8), 1.0), dice.lognormvariate(math.log(9), 1.0)
        works, begin = dice.uniform(0.75, 0.97), dice.randint(0, days // 2) if dice.random() < 0.1 else 0
        events: list[tuple[str, int, int, float]] = []
        for kind, share in EVENTS.items():
            if dice.random() < share * days / 365:
                first = dice.randint(60, max(61, days - 2))
                length = {
                    "loop": dice.randint(1, 2),
                    "no_delivery": dice.randint(3, 6),
                    "drift": dice.randint(15, 28),
                    "model_swap": days,
                    "cost_shift": days,
                }[kind]
                events.append((kind, max(first, begin + 40), min(first + length - 1, days - 1), dice.uniform(1.8, 2.6)))
        swaps = {dice.randint(40, days): dice.uniform(0.85, 1.18)} if dice.random() < BENIGN_SWAPS else {}
        busy = (dice.randint(60, days), dice.uniform(2, 4)) if dice.random() < 0.1 else (days, 1.0)
        wasted = dict.fromkeys(range(len(events)), 0.0)
        seen: dict[int, list[int]] = {index: [] for index in wasted}
        for day in range(begin, days):
            if day in swaps or any(kind == "model_swap" and first == day for kind, first, _, _ in events):
                model = dice.choice([other for other in MODELS if other != model])
                unit *= swaps.get(day, 1.0)
            lively = often * (0.6 if day % 7 in (1, 2) else 1.0) * (busy[1] if day >= busy[0] else 1.0)
            runs = round(dice.gammavariate(4, lively / 4))
            if runs < 1:
                continue
            times, delivers = 1.0, works
            for index, (kind, first, last, size) in enumerate(events):
                if not first <= day <= last:
                    continue
                seen[index].append(day)
                more = 20.0 if kind == "loop" else 1.0 if kind == "no_delivery" else size
                if kind == "drift":
                    more = math.exp(math.log(size) * 1.5 * (day - first + 1) / (last - first + 1))
                times *= more
                delivers = 0.03 if kind == "no_delivery" else delivers
            cost = (
                runs
                * unit
                * math.exp(
                    dice.gauss(0, 0.38) / math.sqrt(runs) + dice.gauss(0, 0.08) + (dice.gauss(0, 0.4) if dice.random() < 0.01 else 0)
                )
                * times
            )
            delivered = sum(dice.random() < delivers for _ in range(runs))
            for index, (kind, first, last, _) in enumerate(events):
                if first <= day <= min(last, first + 30):
                    wasted[index] += cost if kind == "no_delivery" else cost * (1 - 1 / times)
            rows.append((day, name, team, model, runs, delivered, round(max(cost, 0.0001), 4)))
        for index, (kind, _, _, _) in enumerate(events):
            if seen[index]:
                # Within a month and a half a change that lasts is found or is not.
                labels.append(Label(seen[index][0], min(seen[index][-1], seen[index][0] + 45), "workflow", name, "*", kind, wasted[index]))
    return rows, labels
