"""The service on Python's own http.server, one thread a connection."""

import hashlib
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = "python-http"
BODY_LIMIT = 1 << 20
QUERY_SECONDS = 0.002
MOST_ROUNDS = 10_000  # what one request may ask for, so that none can keep the processor for long
DRAIN_SECONDS = 5
IDLE_SECONDS = 60


class Refusal(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def is_unsigned(value, most):
    return type(value) is int and 0 <= value <= most  # a bool is an int, and is none here


def no_constant(name):
    raise ValueError(name)  # NaN and Infinity are not JSON, though Python reads them


def parse(body, refusal):
    try:
        text = body.decode("utf-8")
        request = json.loads(text, parse_constant=no_constant)
    except (ValueError, RecursionError):
        raise refusal from None
    if not isinstance(request, dict):
        raise refusal
    return text, request


def write(document):
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def echo(body):
    refusal = Refusal(400, "expected an object with id, user_agent and metadata")
    text, request = parse(body, refusal)
    id, user_agent, metadata = (request.get(key) for key in ("id", "user_agent", "metadata"))
    if not is_unsigned(id, 2**64 - 1) or not isinstance(user_agent, str) or not isinstance(metadata, list):
        raise refusal
    if not all(isinstance(item, str) for item in metadata):
        raise refusal
    return write({
        "id": id,
        "user_agent": user_agent,
        "metadata": metadata,
        "server_timestamp": int(time.time()),
        "processed_by": NAME,
        "request": text,
    })


def api(body):
    refusal = Refusal(400, "expected an object with id, payload and rounds")
    _, request = parse(body, refusal)
    id, payload, rounds = (request.get(key) for key in ("id", "payload", "rounds"))
    if not is_unsigned(id, 2**64 - 1) or not isinstance(payload, str):
        raise refusal
    if not is_unsigned(rounds, MOST_ROUNDS) or rounds == 0:
        raise refusal
    time.sleep(QUERY_SECONDS)
    digest = payload.encode("utf-8", "surrogatepass")
    for _ in range(rounds):
        digest = hashlib.sha256(digest).digest()
    return write({"id": id, "rounds": rounds, "sha256": digest.hex()})


ROUTES = {
    "/": ("GET", "text/plain", lambda body: "hello world\n"),
    "/health": ("GET", "application/json", lambda body: '{"status":"healthy","version":"1.0.0"}'),
    "/echo": ("POST", "application/json", echo),
    "/api": ("POST", "application/json", api),
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = NAME
    timeout = IDLE_SECONDS
    wbufsize = -1  # head and body in one write
    disable_nagle_algorithm = True

    def answer(self):
        with self.server.busy(self):
            status, kind, text, headers = self.outcome()
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for header in headers:
                self.send_header(*header)
            if self.server.draining:
                self.close_connection = True
                self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def outcome(self):
        method, kind, handle = ROUTES.get(self.path.split("?", 1)[0], (None, None, None))
        try:
            body = self.read()
            if method is None:
                raise Refusal(404, "not found")
            if method != self.command:
                raise Refusal(405, "method not allowed")
            return 200, kind, handle(body), []
        except Refusal as refusal:
            headers = [("Allow", method)] if refusal.status == 405 else []
            return refusal.status, "application/json", write({"error": str(refusal)}), headers

    def read(self):
        """The whole body. One that is too long is read to its end all the same, and forgotten: the client would
        otherwise get a reset instead of the answer."""
        kept, size = [], 0
        for part in self.parts():
            size += len(part)
            kept = kept + [part] if size <= BODY_LIMIT else []
        if size > BODY_LIMIT:
            raise Refusal(413, "body too large")
        return b"".join(kept)

    def parts(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            yield from self.chunks()
        else:
            yield from self.pieces(self.number(self.headers.get("Content-Length", "0"), 10))

    def chunks(self):
        while size := self.number(self.rfile.readline(1024).split(b";", 1)[0], 16):
            yield from self.pieces(size)
            self.rfile.readline(1024)
        while self.rfile.readline(65536) not in (b"\r\n", b"\n", b""):
            pass  # trailers

    def pieces(self, size):
        while size > 0 and (piece := self.rfile.read(min(size, 65536))):
            size -= len(piece)
            yield piece
        if size > 0:
            self.malformed()

    def number(self, text, base):
        try:
            number = int(text, base)
        except ValueError:
            number = -1
        return number if number >= 0 else self.malformed()

    def malformed(self):
        self.close_connection = True  # nobody knows where the next request would begin
        raise Refusal(400, "malformed request")

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True  # the end waits for requests, not for connections that only wait for one
    request_queue_size = 4096
    allow_reuse_address = True

    def __init__(self, address):
        self.draining = False
        self.in_flight = set()
        self.changed = threading.Condition()
        super().__init__(address, Handler)

    def busy(self, handler):
        return Busy(self, handler)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that is gone is no news
            super().handle_error(request, client_address)

    def drain(self):
        self.draining = True
        threading.Thread(target=self.shutdown).start()  # it waits for serve_forever, which this thread is in

    def wait_for_requests(self):
        with self.changed:
            self.changed.wait_for(lambda: not self.in_flight, DRAIN_SECONDS)


class Busy:
    """A request that is being answered."""

    def __init__(self, server, handler):
        self.server, self.handler = server, handler

    def __enter__(self):
        with self.server.changed:
            self.server.in_flight.add(self.handler)

    def __exit__(self, *_):
        with self.server.changed:
            self.server.in_flight.discard(self.handler)
            self.server.changed.notify_all()


def port():
    text = os.environ.get("PORT", "8080")
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    sys.exit(f"{NAME}: PORT is not a port number: '{text}'")


def main():
    try:
        server = Server(("0.0.0.0", port()))
    except OSError as error:
        sys.exit(f"{NAME}: {error}")
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: server.drain())
    server.serve_forever(poll_interval=0.1)
    server.wait_for_requests()
    sys.stdout.flush()
    os._exit(0)  # connections that only wait for a request have threads that would not end


if __name__ == "__main__":
    main()
