#!/usr/bin/python3
"""A mail server on a loopback port, which keeps what it gets in a folder: aiosmtpd, Debian's python3-aiosmtpd.

smtp_server.py PORT FOLDER [starttls|tls|plain] [USER PASSWORD]

What it does with a letter is the word in FOLDER/mode, read for each: take, refuse, later, or not to answer, so that the client has to
give up: mute to the sender, slow to the recipient, stuck to DATA, hang to the letter, which it keeps; drop closes the connection then.
"""

import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

port, folder, encryption = int(sys.argv[1]), sys.argv[2], sys.argv[3]
credentials = tuple(word.encode() for word in sys.argv[4:6])


def mode():
    try:
        with open(os.path.join(folder, "mode")) as file:
            return file.read().strip()
    except FileNotFoundError:
        return "take"


class Server(SMTP):
    async def smtp_DATA(self, arg):
        if mode() == "stuck":
            await asyncio.Event().wait()
        await super().smtp_DATA(arg)


class Handler:
    count = 0

    async def handle_MAIL(self, server, session, envelope, address, options):
        if mode() == "mute":
            await asyncio.Event().wait()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        what = mode()
        if what == "refuse":
            return f"550 5.1.1 <{address}>: no such user here"
        if what == "later":
            return "451 4.7.1 try again later"
        if what == "slow":
            await asyncio.Event().wait()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        Handler.count += 1
        letter = {
            "to": envelope.rcpt_tos,
            "from": envelope.mail_from,
            "tls": session.ssl is not None or encryption == "tls",
            "user": session.auth_data,
            "content": envelope.content.decode(),
        }
        path = os.path.join(folder, f"{Handler.count:06}")
        with open(path + ".part", "w") as file:
            json.dump(letter, file)
        os.rename(path + ".part", path + ".json")
        if mode() == "hang":
            await asyncio.Event().wait()
        if mode() == "drop":
            server.transport.abort()
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == credentials
    return AuthResult(success=right, handled=not right, auth_data=data.login.decode() if right else None)


async def serve():
    context = None
    if encryption != "plain":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
    options = {"hostname": "localhost", "enable_SMTPUTF8": True, "loop": asyncio.get_running_loop()}
    if encryption == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if credentials:
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": encryption == "starttls"}
    server = await asyncio.get_running_loop().create_server(
        lambda: Server(Handler(), **options), "127.0.0.1", port, ssl=context if encryption == "tls" else None
    )
    await server.serve_forever()


asyncio.run(serve())
