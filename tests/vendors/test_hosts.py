"""Signed links: which hosts may be asked, and how a base URL must look."""

import pytest

from spend_assets.settings import SettingsError, parse_settings
from spend_assets.sources import GitHubSource
from spend_assets.vendors.github.routes import DOWNLOAD_HOSTS
from spend_assets.vendors.hosts import RefusedLink, check_download

API = "https://api.github.com"


def check(link, *, base=API, patterns=DOWNLOAD_HOSTS, addresses=("140.82.112.3",)):
    return check_download(base, link, patterns=patterns, look_up=lambda host: addresses)


@pytest.mark.parametrize(
    "link",
    [
        "https://copilot-reports-production-a1b2.b01.azurefd.net/x?sig=1",
        "https://copilot-reports.github.com/x",
        "https://usagereportsprod7.blob.core.windows.net/x?se=1",
        "https://objects.githubusercontent.com/x",
        "https://API.github.com/x",
    ],
)
def test_documented_hosts_are_allowed(link):
    assert check(link)


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("https://evil.example/x", "host evil.example, which is in neither"),
        ("https://somebody.blob.core.windows.net/x", "in neither"),
        ("https://usagereports.evil.blob.core.windows.net/x", "in neither"),
        ("https://copilot-reports-x.b01.azurefd.net.evil.example/x", "in neither"),
        ("https://evilgithubusercontent.com/x", "in neither"),
        ("https://githubusercontent.com/x", "in neither"),
        ("http://objects.githubusercontent.com/x", "not https"),
        ("https://user:pw@objects.githubusercontent.com/x", "user name"),
        ("https://objects.githubusercontent.com:x/", "no URL"),
        ("file:///etc/passwd", "no absolute"),
        ("/relative", "no absolute"),
    ],
)
def test_other_links_are_refused(link, reason):
    with pytest.raises(RefusedLink, match=reason):
        check(link)


@pytest.mark.parametrize(
    "address",
    ["10.0.0.8", "127.0.0.1", "169.254.169.254", "192.168.1.1", "::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.8", "100.64.0.1"],
)
def test_names_that_resolve_to_private_addresses_are_refused(address):
    with pytest.raises(RefusedLink, match="private, loopback or link-local"):
        check("https://objects.githubusercontent.com/x", addresses=("140.82.112.3", address))


def test_private_addresses_are_refused_for_configured_hosts_too():
    with pytest.raises(RefusedLink, match="private"):
        check("https://reports.corp.example/x", patterns=("reports.corp.example",), addresses=("10.1.1.1",))
    assert check("https://reports.corp.example/x", patterns=("reports.corp.example",))


def test_a_loopback_base_may_serve_its_own_links():
    assert check("http://127.0.0.1:9/x", base="http://127.0.0.1:8900", addresses=("127.0.0.1",))
    with pytest.raises(RefusedLink, match="in neither"):
        check("http://169.254.169.254/latest/meta-data", base="http://127.0.0.1:8900")


def test_a_name_that_only_the_proxy_resolves_is_left_to_it():
    def unknown(host):
        raise OSError("unknown host")

    assert check_download(API, "https://objects.githubusercontent.com/x", patterns=DOWNLOAD_HOSTS, look_up=unknown)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_url", "http://api.github.com"),
        ("base_url", "https://user:pw@api.github.com"),
        ("base_url", "https://api.github.com/?x=1"),
        ("account", "../acme"),
        ("account", "Acme"),
        ("account", "-acme"),
        ("account", "a" * 42),
        ("enterprise", "../../user"),
    ],
)
def test_settings_refuse_unsafe_addresses_and_names(field, value, tmp_path):
    source = {"account": "acme", "enterprise": "acme", "token_env": "GH", field: value}
    with pytest.raises(SettingsError, match=f"sources.github.0.{field}"):
        parse_settings({"platform": {"start_date": "2026-07-01"}, "sources": {"github": [source]}}, home=tmp_path)
    assert GitHubSource(account="acme_2-b", enterprise="acme", token_env="GH", base_url="http://127.0.0.1:8900").base_url
