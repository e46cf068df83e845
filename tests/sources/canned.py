"""A web server on loopback that answers as a test says: for every wrong answer a source can get."""

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Respond = Callable[[BaseHTTPRequestHandler], object]


@contextlib.contextmanager
def serving(respond: Respond, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve until the block ends; gives the URL. `respond` handles GET and POST alike."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
                respond(self)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: the test says what it expects."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]  # refused handshakes
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def answering(status: int, body: bytes, content_type: str = "application/json", **headers: str) -> Respond:
    """Always the same answer."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        drain(handler)
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return respond


def drain(handler: BaseHTTPRequestHandler) -> bytes:
    """The request's body; nothing when it was read before."""
    size = int(handler.headers.get("Content-Length") or 0)
    del handler.headers["Content-Length"]
    return handler.rfile.read(size)
