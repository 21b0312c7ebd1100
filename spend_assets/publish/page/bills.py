"""Sections of the finance page: invoices and what they are made of, cost centres, seats, commitments."""

from spend_assets.publish.page.published import Published, told


def invoices(published: Published) -> str:
    return told(
        published,
        "Invoices, and what they are made of",
        "reconciliation",
        (
            *("Invoice", "Vendor", "Account", "From", "To", "Currency", "Consumption (USD)", "Billed (USD)", "Invoiced (USD)"),
            *("Unexplained (USD)", "Status"),
        ),
        """
        SELECT coalesce(invoice_id, 'none yet'), vendor, account, period_start, period_end, currency, consumption_usd, billed_usd,
            invoiced_usd, unexplained_usd, status
        FROM published ORDER BY period_start DESC, vendor, account, bill_id
        """,
        (
            "From what use was worth to what is asked for it, each step from evidence of its own: table reconciliation_terms has them. "
            "What has no evidence is unexplained, and blocks the final close.",
        ),
        "No invoice is known.",
    )


def bridge_terms(published: Published) -> str:
    return told(
        published,
        "What stands between consumption and invoice",
        "reconciliation_terms",
        ("Term", "Vendor", "Account", "Amount (USD)"),
        "SELECT term, vendor, account, sum(amount_usd) FROM published GROUP BY ALL ORDER BY vendor, account, term",
        ("Over all invoices that are known.",),
        "No invoice is known.",
    )


def cost_centers(published: Published) -> str:
    return told(
        published,
        "Cost centres",
        "chargeback_monthly",
        ("Month", "Cost centre", "Effective (USD)", "Kind", "Rule"),
        """
        SELECT strftime(month, '%Y-%m'), cost_center, sum(effective_usd), kind, rule
        FROM published GROUP BY ALL ORDER BY 1 DESC, cost_center
        """,
        (
            "Charged back are months that are closed, or against whose close nothing stands; before that it is for information. "
            "Teams of few people stand together under words in brackets.",
        ),
        "No week of teams has ended and settled.",
    )


def idle_seats(published: Published) -> str:
    return told(
        published,
        "Seats that nobody uses",
        "seats_monthly",
        ("Month", "Vendor", "Plan", "Seats", "Idle seats"),
        """
        SELECT strftime(month, '%Y-%m'), vendor, plan, seats, idle_seats FROM published ORDER BY month DESC, vendor, plan
        """,
        ("At the last observation of the month. Unknown where few are idle, or few are not.",),
        "No seat is known.",
    )


def commitments(published: Published) -> str:
    return told(
        published,
        "Commitments: bought ahead, drawn down, left unused",
        "charges",
        ("Vendor", "Account", "Bought (USD)", "Used (USD)", "Expired (USD)"),
        """
        SELECT x_Vendor, x_Account, coalesce(sum(x_BilledUsd) FILTER (WHERE x_Kind = 'prepaid'), 0),
            coalesce(sum(x_EffectiveUsd) FILTER (WHERE x_Kind = 'drawdown'), 0)
                - coalesce(sum(x_BilledUsd) FILTER (WHERE x_Kind = 'credit'), 0),
            coalesce(sum(x_EffectiveUsd) FILTER (WHERE x_Kind = 'unused'), 0)
        FROM published WHERE x_Account IN (SELECT x_Account FROM published WHERE x_Kind = 'prepaid')
        GROUP BY ALL ORDER BY x_Vendor, x_Account
        """,
        ("A purchase costs nothing by itself: the use that draws it down does, and what expires.",),
        "Nothing was bought ahead.",
    )
