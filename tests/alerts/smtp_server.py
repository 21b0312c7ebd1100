"""A real SMTP server on loopback whose faults a test writes down, and which remembers the mails that it took."""

import socketserver
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any


@dataclass
class Taken:
    sender: str
    to: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=SMTP)  # type: ignore[arg-type,return-value]


@dataclass
class SmtpServer:
    """`script` answers the end of DATA in order: a code, or "drop" to take the mail and close without an answer. Empty is 250."""

    script: list[int | str] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    logins: bool = False
    refused_recipients: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, text: str) -> None:
                self.wfile.write(text.encode() + b"\r\n")

            def handle(self) -> None:
                self.say("220 loopback")
                sender, to = "", []
                while line := self.rfile.readline():
                    text = line.decode().strip()
                    verb = text.split(" ")[0].upper()
                    outer.commands.append(verb)
                    if verb == "EHLO":
                        self.say("250-loopback" + ("\r\n250-AUTH PLAIN" if outer.logins else "") + "\r\n250 SIZE 1000000")
                    elif verb == "AUTH":
                        self.say("535 no")
                    elif verb == "MAIL":
                        sender, to = text.partition("<")[2].partition(">")[0], []
                        self.say("250 ok")
                    elif verb == "RCPT":
                        address = text.partition("<")[2].partition(">")[0]
                        to.append(address)
                        self.say("550 nobody" if address in outer.refused_recipients else "250 ok")
                    elif verb == "DATA":
                        self.say("354 go on")
                        content = b""
                        while (part := self.rfile.readline()) not in (b".\r\n", b""):
                            content += part[1:] if part.startswith(b"..") else part
                        answer = outer.script.pop(0) if outer.script else 250
                        if answer in (250, "drop"):
                            outer.taken.append(Taken(sender, to, content))
                        if answer == "drop":
                            return
                        self.say(f"{answer} so it is")
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 ok")

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that went away is what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
