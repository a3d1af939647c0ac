# A bot in Python: it answers every message. pip install websockets && python bot.py
import json
import os
import time
import urllib.parse
import urllib.request

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SERVER = os.environ.get("CONFAB_URL", "http://localhost:8000")


def log_in():
    form = {"username": os.environ["BOT_LOGIN"], "password": os.environ["BOT_PASSWORD"]}
    with urllib.request.urlopen(SERVER + "/token", urllib.parse.urlencode(form).encode()) as answer:
        return json.load(answer)["access_token"]


def run(cursors):
    header = {"Authorization": "Bearer " + log_in()}
    with connect(SERVER.replace("http", "ws", 1) + "/ws?resume=true", additional_headers=header, max_size=None) as socket:
        for text in socket:
            frame = json.loads(text)
            if frame["type"] == "hello":
                me = frame["user_id"]
                known = {str(chat["chat_id"]): chat["version"] for chat in frame["chats"]}
                socket.send(json.dumps({"type": "sync", "cursors": {**known, **cursors}}))
            elif frame["type"] == "message" and frame["sender_id"] != me and not frame["deleted"]:
                answer = {"type": "message", "chat_id": frame["chat_id"], "reply_to": frame["id"]}
                answer |= {"text": "You said: " + frame["text"], "dedup_key": f"answer-{frame['id']}"}
                socket.send(json.dumps(answer))
            if "version" in frame and "chat_id" in frame:
                cursors[str(frame["chat_id"])] = frame["version"]


cursors = {}
while True:
    try:
        run(cursors)
    except (ConnectionClosed, OSError) as error:
        code = getattr(getattr(error, "rcvd", None), "code", getattr(error, "code", 1006))
        if code in (400, 401, 1009) or code >= 4500:
            raise  # docs/protocol.md: the close codes after which to come back.
    time.sleep(1)
