// A mail server on a loopback port, without encryption, which takes every letter and shows what people would read in it.

import { once } from "node:events";
import { createServer } from "node:net";

// The text of a letter: of several alternatives the one without markup.
function text(letter) {
  const at = letter.indexOf("\r\n\r\n");
  const head = letter.slice(0, at).replaceAll(/\r\n[ \t]+/g, " ");
  const body = letter.slice(at + 4);
  const boundary = head.match(/^content-type:.*boundary="?([^";\r]+)/im)?.[1];
  if (boundary) return text(body.split(`--${boundary}`).find((part) => /^content-type: text\/plain/im.test(part)).trimStart());
  const encoding = head.match(/^content-transfer-encoding: (\S+)/im)?.[1];
  if (encoding === "base64") return Buffer.from(body, "base64").toString();
  if (encoding !== "quoted-printable") return body;
  const bytes = body.replaceAll(/=\r\n/g, "").replaceAll(/=([0-9A-F]{2})/g, (_, byte) => String.fromCharCode(parseInt(byte, 16)));
  return Buffer.from(bytes, "latin1").toString();
}

export class Inbox {
  letters = [];
  waiting = new Set();

  static async open() {
    const inbox = new Inbox();
    inbox.server = createServer((socket) => inbox.speak(socket));
    inbox.server.listen(0, "127.0.0.1");
    await once(inbox.server, "listening");
    inbox.url = `smtp://localhost:${inbox.server.address().port}`;
    return inbox;
  }

  // RFC 5321, as far as one client speaks it that does not send its commands together.
  speak(socket) {
    const answer = (line) => socket.write(`${line}\r\n`);
    let [to, read, isLetter] = [[], "", false];
    const obey = (line) => {
      const command = line.slice(0, 4).toUpperCase();
      if (command === "MAIL") to = [];
      if (command === "RCPT") to.push(line.match(/<(.*)>/)[1]);
      if (command === "DATA") isLetter = true;
      answer({ EHLO: "250-localhost\r\n250-8BITMIME\r\n250 SMTPUTF8", DATA: "354 go on", QUIT: "221 bye" }[command] ?? "250 OK");
      if (command === "QUIT") socket.end();
    };
    const keep = (letter) => {
      isLetter = false;
      this.letters.push({ to, text: text(letter.replaceAll("\r\n..", "\r\n.")) });
      for (const look of this.waiting) look();
      answer("250 OK");
    };
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      read += chunk.toString("latin1");
      for (;;) {
        const end = isLetter ? "\r\n.\r\n" : "\r\n";
        const at = read.indexOf(end);
        if (at < 0) return;
        const piece = read.slice(0, at);
        read = read.slice(at + end.length);
        if (isLetter) keep(Buffer.from(piece, "latin1").toString());
        else obey(piece);
      }
    });
    answer("220 localhost");
  }

  // What of a pattern is in the oldest letter to an address that has it and was not read before; waits until there is one.
  find(address, pattern) {
    return new Promise((found) => {
      const look = () => {
        const letter = this.letters.find(({ to, text, isRead }) => !isRead && to.includes(address) && pattern.test(text));
        if (!letter) return;
        letter.isRead = true;
        this.waiting.delete(look);
        found(letter.text.match(pattern)[0]);
      };
      this.waiting.add(look);
      look();
    });
  }

  async close() {
    this.server.close();
  }
}
