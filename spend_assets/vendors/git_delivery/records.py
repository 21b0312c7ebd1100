"""What is kept of GitHub's objects: everything but the links back into the API, which are half of each object and say nothing."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from spend_assets.vendors.records import with_keys

_exact = msgspec.json.Decoder(float_hook=lambda text: msgspec.Raw(text.encode()))


def evidence(record: msgspec.Raw, added: Mapping[str, str | int], day: date) -> bytes:
    """`record` without API links, and with `day` and `added` in front. The contract's `drop` list takes the content out of it."""
    return with_keys(msgspec.json.encode(without_links(_exact.decode(record))), {"day": day.isoformat(), **added})


def without_links(value: Any) -> Any:
    """`value` without the keys `url`, `*_url` and `_links`; `html_url`, the page that a person would open, stays."""
    if isinstance(value, dict):
        return {key: without_links(inner) for key, inner in value.items() if not _is_link(key)}
    return [without_links(item) for item in value] if isinstance(value, list) else value


def _is_link(key: str) -> bool:
    return key in ("url", "_links") or (key.endswith("_url") and key != "html_url")
