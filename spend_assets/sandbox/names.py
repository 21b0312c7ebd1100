"""The words that people, teams, repositories and models of the simulated company are made of."""

from datetime import date
from typing import NamedTuple


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    """
    Ada Amir Ana Anders Anjali Arjun Aylin Beatriz Björn Carlos Chen Chiara Daniel Deepa Diego Elena Emeka Emma Fatima Felix Femi
    Freya Gita Hana Hugo Ines Ingrid Ivan Jakub Jana Jonas Julia Kavya Kenji Lars Leila Lena Linh Luca Lucía Maja Marco Marta Mei
    Mina Mohan Nadia Nils Noor Olga Omar Paula Pedro Priya Rahul Rosa Ruth Samir Sara Sven Tariq Tessa Tomás Uma Victor Wanda Wei
    Yara Yusuf Zoë
    """
)
LAST = _words(
    """
    Abara Acharya Almeida Bauer Becker Bianchi Castro Chowdhury Costa Desai Diaz Eriksen Farouk Fischer Garcia Gupta Haddad Hansen
    Hoffmann Ito Iyer Jansen Joshi Kaur Keller Kim Kowalski Kumar Larsen Lindqvist Lopez Mehta Meyer Moreau Müller Nair Nakamura
    Nguyen Novak Okafor Okonkwo Olsen Ortiz Park Patel Pereira Petrov Rao Reddy Ricci Rossi Sato Schmidt Sharma Silva Singh
    Sørensen Svensson Tanaka Torres Vogel Wagner Walsh Weber Wong Yamada Yilmaz Zhang Zimmermann
    """
)
DIVISIONS = ("Platform", "Commerce", "Payments", "Data", "Corporate Systems")
MAIL_DOMAIN = "acme.example"
FORMER_MAIL_DOMAINS = ("acme-labs.example", "initech.example", "old-acme.example")
"""Of companies that Acme merged with: some vendors still have them."""
ENTITIES = ("Acme Inc", "Acme GmbH", "Acme India Pvt Ltd")
SEGMENTS = ("platform_sre", "backend", "frontend_product", "security", "developer_productivity")
TOPICS = _words(
    """
    Accounts Billing Catalog Checkout Clusters Compliance Data-Lake Delivery Devices Discovery Docs Edge Events Experiments
    Feature-Flags Fraud Gateway Growth Identity Incidents Inventory Invoicing Ledger Logistics Loyalty Mailer Maps Media Messaging
    Mobile Network Notifications Observability Onboarding Orders Partners Payouts Planning Pricing Privacy Profiles Promotions
    Quality Queues Recommendations Refunds Releases Reporting Returns Risk Routing Search Secrets Sessions Shipping Signals
    Storage Streams Subscriptions Support Tax Testing Treasury Vault Warehouse Web Workflows
    """
)


class Model(NamedTuple):
    """A billed model: the name of the billing file, the name of the metrics report, and when people could choose it."""

    billed: str
    metric: str
    start: date
    end: date
    weight: float
    out_usd_per_mtok: int


_OPEN = date(2999, 1, 1)
_OLD = date(2025, 1, 1)
MODELS = (
    Model("Auto: Claude Haiku 4.5", "auto", _OLD, _OPEN, 2.0, 5),
    Model("Claude Haiku 4.5", "claude-haiku-4.5", _OLD, _OPEN, 1.0, 5),
    Model("Auto: GPT-5.3-Codex", "auto", _OLD, date(2026, 8, 10), 2.0, 14),
    Model("GPT-5.3-Codex", "gpt-5.3-codex", _OLD, date(2026, 9, 21), 1.2, 14),
    Model("Auto: GPT-5.4", "auto", date(2026, 3, 20), _OPEN, 1.6, 15),
    Model("GPT-5.4 mini", "gpt-5.4-mini", date(2026, 3, 20), _OPEN, 0.8, 4),
    Model("GPT-5.5", "gpt-5.5", date(2026, 5, 4), _OPEN, 0.9, 30),
    Model("Claude Sonnet 4.5", "claude-sonnet-4.5", _OLD, date(2026, 8, 1), 1.4, 15),
    Model("Claude Sonnet 4.6", "claude-sonnet-4.6", date(2026, 3, 2), _OPEN, 2.2, 15),
    Model("Claude Opus 4.7", "claude-opus-4.7", date(2026, 4, 20), date(2026, 10, 12), 1.3, 25),
    Model("Claude Opus 5", "claude-opus-5", date(2026, 9, 14), _OPEN, 1.6, 25),
    Model("Gemini 3.6 Flash", "gemini-3.6-flash", date(2026, 7, 20), _OPEN, 0.6, 4),
    Model("Raven 1 (preview)", "raven-1-preview", date(2026, 10, 5), _OPEN, 0.2, 9),  # no price table knows this name
)
CODING_AGENT = Model("Coding Agent model", "unknown", _OLD, _OPEN, 0.0, 15)
CODE_REVIEW = Model("Code Review model", "unknown", _OLD, _OPEN, 0.0, 15)
LANGUAGES = ("typescript", "python", "go", "java", "kotlin", "sql", "terraform", "markdown", "yaml", "csharp", "unknown")
IDES = ("vscode", "vscode", "vscode", "intellij", "visualstudio", "neovim", "xcode")
HOLIDAYS = {
    "Acme Inc": {(1, 1), (5, 25), (6, 19), (7, 3), (9, 7), (11, 26), (12, 25)},
    "Acme GmbH": {(1, 1), (4, 3), (4, 6), (5, 1), (5, 14), (5, 25), (10, 3), (12, 25), (12, 26)},
    "Acme India Pvt Ltd": {(1, 26), (3, 4), (8, 15), (10, 2), (10, 20), (11, 8), (12, 25)},
}
