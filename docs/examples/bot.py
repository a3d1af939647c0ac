"""A bot for Confab in Python 3, with the standard library alone: written from docs/protocol.md.

It reacts to each message that mentions it and answers it once, also what was sent while it was away. After each
connection it proves with `check` that its copy of every chat is complete, and loads a chat anew that is not.

    SERVER=http://localhost:8000 LOGIN=robot PASSWORD=secret python3 bot.py
"""
import base64
import hashlib
import json
import os
import socket
import ssl
import struct
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

SERVER = os.environ.get("SERVER", "http://localhost:8000").rstrip("/")


def say(*words):
    print(*words, flush=True)


def http(path, token=None, form=None):
    request = urllib.request.Request(SERVER + path, urllib.parse.urlencode(form).encode() if form else None)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def log_in():
    try:
        form = {"username": os.environ["LOGIN"], "password": os.environ["PASSWORD"]}
        return http("/token", form=form)["access_token"]
    except urllib.error.HTTPError as error:
        if error.code == 400:
            sys.exit("The name or the password is wrong.")
        raise


class Closed(Exception):
    def __init__(self, code=1006, reason=""):
        super().__init__(code)
        self.code, self.reason = code, reason


class WebSocket:
    """RFC 6455, as much of it as a client needs."""

    def __init__(self, path, token):
        url = urllib.parse.urlsplit(SERVER)
        secure = url.scheme == "https"
        port = url.port or (443 if secure else 80)
        # The server pings every 25 seconds: after a minute of silence the connection is lost.
        self.socket = socket.create_connection((url.hostname, port), timeout=60)
        if secure:
            self.socket = ssl.create_default_context().wrap_socket(self.socket, server_hostname=url.hostname)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {url.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            f"Authorization: Bearer {token}",
        ]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.stream = self.socket.makefile("rb")
        status = self.stream.readline().decode()
        headers = {}
        while (line := self.stream.readline().decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        if " 101 " not in status or headers.get("sec-websocket-accept") != accept.decode():
            raise OSError("no WebSocket: " + status.strip())

    def read(self, count):
        data = self.stream.read(count)
        if len(data) < count:
            raise Closed()
        return data

    def receive(self):
        """The next message, as JSON; answers pings on the way."""
        message = b""
        while True:
            first, second = self.read(2)
            length = second & 127
            if length == 126:
                (length,) = struct.unpack(">H", self.read(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.read(8))
            payload = self.read(length)
            opcode = first & 15
            if opcode == 9:
                self.write(10, payload)
            elif opcode == 8:
                code = struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else 1005
                raise Closed(code, payload[2:].decode())
            elif opcode < 3:
                message += payload
                if first & 128:
                    return json.loads(message)

    def send(self, frame):
        self.write(1, json.dumps(frame).encode())

    def write(self, opcode, payload):
        length = len(payload)
        if length < 126:
            head = struct.pack(">BB", 128 | opcode, 128 | length)
        elif length < 65536:
            head = struct.pack(">BBH", 128 | opcode, 128 | 126, length)
        else:
            head = struct.pack(">BBQ", 128 | opcode, 128 | 127, length)
        mask = os.urandom(4)
        self.socket.sendall(head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)))

    def close(self):
        self.socket.close()


class Chat:
    """A copy of a chat: only the versions of its newest messages and of its members."""

    def __init__(self, token, chat_id, version):
        self.cursor = version
        self.messages, self.seqs, self.members = {}, {}, {}
        page = http(f"/chats/{chat_id}/messages?limit=200", token)
        for message in page["items"]:
            self.see_message(message, message["version"])
        chat = http(f"/chats/{chat_id}", token)
        self.see_members(chat["members"])
        after = chat.get("members_next")
        while after is not None:
            page = http(f"/chats/{chat_id}/members?limit=200&after={after}", token)
            self.see_members(page["items"])
            after = page["next"]

    def see_message(self, message, version):
        seq = message["seq"]
        self.seqs[message["id"]] = seq
        self.messages[seq] = max(version, self.messages.get(seq, 0))

    def see_members(self, members):
        for member in members:
            self.see_member(member["user"]["id"], member["version"])

    def see_member(self, user_id, version):
        self.members[user_id] = max(version, self.members.get(user_id, 0))

    def range(self):
        """The first and the last seq of its messages: at most 5,000 can be checked."""
        last = max(self.messages)
        return [max(min(self.messages), last - 4999), last]

    def apply(self, frame):
        kind, version = frame["type"], frame.get("changed", frame["version"])
        if kind in ("message", "message_updated", "message_deleted"):
            # A message from before those that it holds is none of the copy.
            if frame["seq"] in self.messages or not self.messages or frame["seq"] > max(self.messages):
                self.see_message(frame, version)
        elif kind == "reaction" and frame["message_id"] in self.seqs:
            seq = self.seqs[frame["message_id"]]
            self.messages[seq] = max(version, self.messages[seq])
        elif kind == "read":
            self.see_member(frame["user_id"], version)
        elif kind in ("member_added", "member_updated"):
            self.see_member(frame["member"]["user"]["id"], version)
        elif kind == "member_removed":
            self.members.pop(frame["user_id"], None)
        self.cursor = max(self.cursor, frame["version"])

    def equals(self, check, span):
        held = [version for seq, version in self.messages.items() if span[0] <= seq <= span[1]]
        return (
            check["messages"] == {"count": len(held), "sum": sum(held)}
            and check["members"] == {"count": len(self.members), "sum": sum(self.members.values())}
        )


class Bot:
    def __init__(self):
        self.chats = {}

    def run(self):
        token = log_in()
        self.socket = WebSocket("/ws?resume=true", token)
        self.asked = {}
        try:
            while True:
                self.take(self.socket.receive(), token)
        finally:
            self.socket.close()

    def take(self, frame, token):
        kind, chat_id = frame["type"], frame.get("chat_id")
        if kind == "hello":
            self.me = frame["user_id"]
            for chat in frame["chats"]:
                if chat["chat_id"] not in self.chats:
                    self.chats[chat["chat_id"]] = Chat(token, chat["chat_id"], chat["version"])
            self.sync()
        elif kind == "synced":
            for failed in frame.get("failed", []):
                say("later", failed)
            say("ready")
        elif kind == "check":
            if self.chats[chat_id].equals(frame, self.asked[chat_id]):
                say("proved", chat_id)
            else:
                say("mismatch", chat_id)
                self.chats[chat_id] = Chat(token, chat_id, frame["version"])
        elif kind == "chat_gone" or (kind == "member_removed" and frame["user_id"] == self.me):
            self.chats.pop(chat_id, None)
        elif kind == "reset" and chat_id is not None:
            self.chats[chat_id] = Chat(token, chat_id, frame["version"])
        elif kind == "chat_created":
            self.chats[frame["chat"]["id"]] = Chat(token, frame["chat"]["id"], frame["version"])
        elif chat_id in self.chats and "version" in frame:
            self.chats[chat_id].apply(frame)
        if kind == "message" and self.me in frame.get("mentions", []) and not frame["deleted"]:
            self.answer(frame)

    def sync(self):
        self.asked = {chat_id: chat.range() for chat_id, chat in self.chats.items() if chat.messages}
        self.socket.send({
            "type": "sync",
            "cursors": {str(chat_id): chat.cursor for chat_id, chat in self.chats.items()},
            "check": {str(chat_id): span for chat_id, span in self.asked.items()},
        })

    def answer(self, message):
        chat_id, message_id = message["chat_id"], message["id"]
        # Both may be sent again after a reconnection: the server keeps the first of each.
        self.socket.send({"type": "react", "message_id": message_id, "emoji": "👀"})
        self.socket.send({
            "type": "message",
            "chat_id": chat_id,
            "text": "You said: " + message["text"].replace("@", ""),
            "reply_to": message_id,
            "dedup_key": f"answer-{message_id}",
        })


def main():
    bot = Bot()
    while True:
        wait = 1.0
        try:
            bot.run()
        except Closed as closed:
            if closed.code == 1009 or closed.code >= 4500:
                sys.exit(1)
            if closed.code == 1001 and closed.reason:
                wait = json.loads(closed.reason)["retry_after_ms"] / 1000
        except (OSError, ValueError):
            # The server is away: an urllib error is an OSError too.
            pass
        time.sleep(wait)


if __name__ == "__main__":
    main()
