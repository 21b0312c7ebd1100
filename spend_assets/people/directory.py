"""Who a person is to the platform: from an employee id, a mail address or a login to one person, and to every identifier known of them.

Read from the warehouse, where identities are resolved with their evidence; nothing is guessed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from spend_assets.landing.screen import EMAIL, HR, LOGIN, id_space, mailbox
from spend_assets.people.errors import PersonCommandRefused

_OPEN_START, _OPEN_END = date(1, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True, order=True)
class Identifier:
    """One way in which data names a person. `start` and `end` (half-open) only where somebody else holds the same login at other times."""

    space: str
    value: str
    start: date = _OPEN_START
    end: date = _OPEN_END


class Directory:
    """Over a connection with the warehouse open. Raises PersonCommandRefused where it holds no finished build."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self.connection = connection
        tables = self._rows("select table_name, column_name from duckdb_columns() where schema_name = 'intermediate'")
        self.columns: dict[str, set[str]] = {}
        for table, column in tables:
            self.columns.setdefault(table, set()).add(column)
        if "int_person_days" not in self.columns:
            raise PersonCommandRefused("the warehouse holds no finished build, so nobody can be looked up; `spend run` makes one")

    def _rows(self, sql: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, dict(values or {})).fetchall()

    def person(self, asked: str) -> str:
        """The one person id behind an employee id, mail address, login or vendor's id. Raises PersonCommandRefused for none or several."""
        text = asked.strip()
        if not text:
            raise PersonCommandRefused("--person is empty; name an employee id, a mail address or a login")
        # An employee id says most; only where nobody has it is the text taken for something else.
        found = self._of_employee(text) or (self._of_mail(text) if "@" in text else self._of_login(text))
        if not found:
            raise PersonCommandRefused(
                "nobody is known by what --person names; write an employee id, mail address or login as the data has it"
            )
        if len(found) > 1:
            raise PersonCommandRefused(f"--person names {len(found)} people; write the employee id")
        return found.pop()

    def persons(self) -> set[str]:
        """Every person id that the warehouse holds, people of the roster without any use included."""
        rows = self._rows("select distinct person_id from intermediate.int_person_days")
        rows += self._rows("select distinct 'hr:' || employee_id from staging.stg_hr__roster")
        return {str(person) for (person,) in rows}

    def _of_employee(self, text: str) -> set[str]:
        plain = text.removeprefix("hr:")
        rows = self._rows("select 1 from staging.stg_hr__roster where employee_id = $id limit 1", {"id": plain})
        return {f"hr:{plain}"} if rows else set()

    def _of_mail(self, text: str) -> set[str]:
        values = {"mail": mailbox(text)}
        rows = self._rows(f"select distinct employee_id from staging.stg_hr__roster where {_MAILBOX.format('email')} = $mail", values)
        found = {f"hr:{employee}" for (employee,) in rows}
        for table, email in self._mail_columns():
            rows = self._rows(
                f"""select distinct days.person_id from intermediate.int_person_days as days
                inner join intermediate.{table} as known
                    on days.vendor = known.vendor and days.account = known.account and days.day = known.day
                    and days.principal = known.principal
                where {_MAILBOX.format("known." + email)} = $mail""",
                values,
            )
            found |= {str(person) for (person,) in rows}
        return found

    def _of_login(self, text: str) -> set[str]:
        values: dict[str, object] = {"login": text.lower()}
        rows = self._rows("select distinct 'hr:' || employee_id from staging.stg_hr__roster where github_login = $login", values)
        rows += self._rows("select distinct person_id from intermediate.int_person_days where lower(principal) = $login", values)
        return {str(person) for (person,) in rows}

    def _mail_columns(self) -> list[tuple[str, str]]:
        needed = {"vendor", "account", "day", "principal", "email"}
        return [(table, "email") for table, columns in sorted(self.columns.items()) if needed <= columns]

    def identifiers(self, person: str) -> set[Identifier]:
        """All that the warehouse knows a person by."""
        kind, _, value = person.partition(":")
        found: set[Identifier] = set()
        values: dict[str, object] = {"person": person, "id": value}
        if kind == "hr":
            found.add(Identifier(HR, value))
            for email, login in self._rows("select email, github_login from staging.stg_hr__roster where employee_id = $id", {"id": value}):
                found |= {Identifier(EMAIL, email)} if email else set()
                found |= {Identifier(LOGIN, login)} if login else set()
            found |= self._identity_map(value)
        elif kind == "mail":
            found.add(Identifier(EMAIL, value))
        elif kind == "login":
            found.add(Identifier(LOGIN, value))
        else:
            found.add(Identifier(id_space(kind), value))
        of_person = {"person": values["person"]}
        for vendor, principal in self._rows(
            "select distinct vendor, principal from intermediate.int_person_days where person_id = $person", of_person
        ):
            found.add(Identifier(_space_of(vendor, principal), principal))
        for table, email_column in self._mail_columns():
            rows = self._rows(
                f"""select distinct known.{email_column} from intermediate.int_person_days as days
                inner join intermediate.{table} as known
                    on days.vendor = known.vendor and days.account = known.account and days.day = known.day
                    and days.principal = known.principal
                where days.person_id = $person and known.{email_column} is not null""",
                of_person,
            )
            found |= {Identifier(EMAIL, email) for (email,) in rows}
        found |= self._github(of_person)
        # A login that was somebody else's at another time is this person's within its bounds only, whoever else names it without.
        bounded = {i.value for i in found if i.space == LOGIN and (i.start, i.end) != (_OPEN_START, _OPEN_END)}
        return {
            Identifier(i.space, mailbox(i.value) if i.space == EMAIL else i.value.strip(), i.start, i.end)
            for i in found
            if not (i.space == LOGIN and i.value in bounded and (i.start, i.end) == (_OPEN_START, _OPEN_END))
        }

    def _identity_map(self, employee: str) -> set[Identifier]:
        rows = self._rows(
            """select distinct vendor, identifier_kind, identifier from staging.stg_company__identity_map
            where employee_id = $id and identifier_kind in ('email', 'login', 'vendor_id')""",
            {"id": employee},
        )
        spaces = {"email": EMAIL, "login": LOGIN}
        return {Identifier(spaces.get(kind) or id_space(vendor), identifier) for vendor, kind, identifier in rows}

    def _github(self, of_person: Mapping[str, object]) -> set[Identifier]:
        """The numeric ids, and every login that those ids ever had, each bounded where the login was somebody else's before or after."""
        if "github_id" not in self.columns.get("int_github_copilot_person_days", set()):
            return set()
        ids = [
            i
            for (i,) in self._rows(
                """select distinct github_id from intermediate.int_github_copilot_person_days
                where person_id = $person and github_id is not null""",
                of_person,
            )
        ]
        found = {Identifier(id_space("github_copilot"), str(i)) for i in ids}
        rows = self._rows(
            """select login, valid_from, valid_to, count(*) over (partition by login) from intermediate.int_github_logins
            qualify list_contains($ids::bigint[], github_id)""",
            {"ids": ids},
        )
        for login, start, end, holders in rows:
            found.add(Identifier(LOGIN, login, start, end) if holders > 1 else Identifier(LOGIN, login))
        return found


_MAILBOX = "regexp_replace(lower(trim({})), '\\+[^@]*@', '@')"


def _space_of(vendor: str, principal: str) -> str:
    if "@" in principal:
        return EMAIL
    return LOGIN if vendor == "github_copilot" else id_space(vendor)
