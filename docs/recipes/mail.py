"""Mails the dashboard: the HTML file attached, and the board as text for those who only look.

    python mail.py [PROJECT] [--env NAME]

PROJECT is the project's folder, by default this one. NAME is one of its environments, as of `kpictl run --env NAME`;
without it the numbers are those of the project's default one.

What else it needs stands in the process's environment: MAIL_FROM, MAIL_TO (with commas between), SMTP_HOST, and where
they are not what they usually are SMTP_PORT (587), SMTP_USER, SMTP_PASSWORD and SMTP_TLS (`no` only for a server on
this machine).
"""

from __future__ import annotations

import argparse
import html
import os
import smtplib
import ssl
import subprocess
import sys
import tempfile
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

TIMEOUT_SECONDS = 60


def kpictl(*arguments: str) -> str:
    """What the command prints; where it fails, this ends with its exit code and without a mail."""
    done = subprocess.run(["kpictl", *arguments], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def message(board: str, page: bytes, sender: str, receivers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Date"] = sender, receivers, formatdate(localtime=True)
    mail["Message-ID"] = make_msgid()
    mail["Subject"] = f"KPIs: {board.splitlines()[0].strip()}"
    mail.set_content(f"{board}\nThe attached file opens in any browser.\n")
    shown = f'<pre style="font-size: 12px">{html.escape(board)}</pre><p>The attached file opens in any browser.</p>'
    mail.add_alternative(shown, subtype="html")
    mail.add_attachment(page, maintype="text", subtype="html", filename="kpis.html")
    return mail


def send(mail: EmailMessage, settings: dict[str, str]) -> None:
    with smtplib.SMTP(settings["SMTP_HOST"], int(settings.get("SMTP_PORT", "587")), timeout=TIMEOUT_SECONDS) as server:
        if settings.get("SMTP_TLS") != "no":
            server.starttls(context=ssl.create_default_context())
        if "SMTP_USER" in settings:
            server.login(settings["SMTP_USER"], settings["SMTP_PASSWORD"])
        server.send_message(mail)


def main() -> None:
    parser = argparse.ArgumentParser(description="Mails the dashboard of a kpictl project.")
    parser.add_argument("project", metavar="PROJECT", nargs="?", default=".", help="its folder; by default this one")
    parser.add_argument("--env", metavar="NAME", help="the environment whose numbers are mailed; by default its own")
    asked = parser.parse_args()
    numbers = ["--project", asked.project, *(["--env", asked.env] if asked.env is not None else [])]
    settings = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "kpis.html"
        kpictl("dashboard", *numbers, "--out", str(page))
        board = kpictl("show", *numbers)
        send(message(board, page.read_bytes(), settings["MAIL_FROM"], settings["MAIL_TO"]), settings)


if __name__ == "__main__":
    main()
