// A bot in Go: it answers every message. go mod init bot && go get github.com/coder/websocket && go run bot.go
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

type frame struct {
	Type     string `json:"type"`
	UserID   int64  `json:"user_id"`
	SenderID int64  `json:"sender_id"`
	ChatID   int64  `json:"chat_id"`
	ID       int64  `json:"id"`
	Text     string `json:"text"`
}

func main() {
	server, ctx, me := os.Getenv("CONFAB_URL"), context.Background(), int64(0)
	form := url.Values{"username": {os.Getenv("BOT_LOGIN")}, "password": {os.Getenv("BOT_PASSWORD")}}
	answer, err := http.PostForm(server+"/token", form)
	if err != nil {
		log.Fatal(err)
	}
	var session struct{ AccessToken string `json:"access_token"` }
	if err := json.NewDecoder(answer.Body).Decode(&session); err != nil || session.AccessToken == "" {
		log.Fatal("log-in: ", answer.Status, err)
	}
	header := http.Header{"Authorization": {"Bearer " + session.AccessToken}}
	socket, _, err := websocket.Dial(ctx, strings.Replace(server, "http", "ws", 1)+"/ws", &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		log.Fatal(err)
	}
	socket.SetReadLimit(64 << 20)
	for {
		var event frame
		if err := wsjson.Read(ctx, socket, &event); err != nil {
			log.Fatal(err) // docs/protocol.md: which close codes to come back after, with `sync`.
		}
		if event.Type == "hello" {
			me = event.UserID
		} else if event.Type == "message" && event.SenderID != me {
			wsjson.Write(ctx, socket, map[string]any{"type": "message", "chat_id": event.ChatID, "reply_to": event.ID,
				"text": "You said: " + event.Text, "dedup_key": fmt.Sprint("answer-", event.ID)})
		}
	}
}
