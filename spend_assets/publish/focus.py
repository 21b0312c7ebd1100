"""The charges as a FOCUS 1.2 data set: Parquet and CSV beside the finance files (docs/focus.md).

Names are those of the specification; own columns begin with x_. Money stays decimal. x_ServiceProviderName is what 1.4 calls
ServiceProviderName, so that 1.4, which takes ProviderName and PublisherName out, is a view: two columns fewer, one renamed.
"""

from pathlib import Path

import duckdb

NAME = "focus_1.2"
CHARGES = "charges"
_QUERY = """
SELECT
    BilledCost,
    BillingAccountId,
    BillingAccountName,
    BillingAccountType,
    BillingCurrency,
    BillingPeriodEnd,
    BillingPeriodStart,
    ChargeCategory,
    ChargeClass,
    ChargeDescription,
    ChargeFrequency,
    ChargePeriodEnd,
    ChargePeriodStart,
    CommitmentDiscountStatus,
    CAST(NULL AS DECIMAL(28, 12)) AS ConsumedQuantity,
    CAST(NULL AS VARCHAR) AS ConsumedUnit,
    ContractedCost,
    CAST(NULL AS DECIMAL(28, 12)) AS ContractedUnitPrice,
    EffectiveCost,
    InvoiceId,
    InvoiceIssuerName,
    ListCost,
    CAST(NULL AS DECIMAL(28, 12)) AS ListUnitPrice,
    CASE WHEN ChargeCategory IN ('Usage', 'Purchase') AND ChargeClass IS NULL THEN 'Standard' END AS PricingCategory,
    BillingCurrency AS PricingCurrency,
    PricingQuantity,
    PricingUnit,
    ProviderName,
    PublisherName,
    CAST(NULL AS VARCHAR) AS ResourceId,
    ServiceCategory,
    ServiceName,
    ServiceSubcategory,
    SkuId,
    PublisherName AS x_ServiceProviderName,
    x_ChargeKey,
    x_BillId,
    x_Vendor,
    x_Account,
    x_Kind,
    x_Series,
    x_BilledUsd,
    x_EffectiveUsd,
    x_ConsumptionUsd
FROM read_parquet(?)
ORDER BY x_Vendor, x_Account, BillingPeriodStart, x_BillId, x_ChargeKey
"""
_TEXT = "CASE WHEN regexp_matches({0}, '^[=+\\-@\\t\\r]') THEN '''' || {0} ELSE {0} END AS {0}"
"""A spreadsheet takes such text for a formula; a leading ' makes it text (security-privacy 10)."""


def write_focus(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write focus_1.2.parquet and .csv beside charges.parquet in `folder`; nothing where there are no charges to export."""
    charges = folder / f"{CHARGES}.parquet"
    if not charges.exists():
        return
    parquet, text = folder / f"{NAME}.parquet", folder / f"{NAME}.csv"
    connection.execute(f"COPY ({_QUERY}) TO ? (FORMAT parquet, COMPRESSION zstd)", [str(charges), str(parquet)])
    described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(parquet)]).fetchall()
    columns = [_column(str(name), str(kind)) for name, kind, *_ in described]
    connection.execute(f"COPY (SELECT {', '.join(columns)} FROM read_parquet(?)) TO ? (FORMAT csv, HEADER)", [str(parquet), str(text)])


def _column(name: str, kind: str) -> str:
    if kind == "VARCHAR":
        return _TEXT.format(name)
    if kind.startswith("TIMESTAMP"):
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ') AS {name}"
    return name
