"""The command of the image, run as a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from app.settings import Settings

from .conftest import colour, encode

ROOT = Path(__file__).parent.parent


@pytest.fixture
def port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


@pytest.fixture
def server(settings: Settings, port: int) -> Iterator[subprocess.Popen]:
    (command,) = re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    program, *arguments = json.loads(command)
    process = subprocess.Popen(
        [sys.executable, "-m", program, *arguments, "--host", "127.0.0.1", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "MODEL_PATH": str(settings.model_path), "DEVICE": "cpu"},
    )
    yield process
    process.kill()
    process.wait()


def await_ready(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if httpx2.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        assert time.monotonic() < deadline, "the server does not get ready"
        time.sleep(0.05)


def test_an_open_request_is_answered_after_sigterm(server: subprocess.Popen, port: int) -> None:
    await_ready(port)
    body = json.dumps({"image": encode(colour("blue"))}).encode()
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with closing(socket.create_connection(("127.0.0.1", port))) as connection:
        connection.sendall(head.encode() + body[:10])
        # Let the request reach the application before the signal does.
        time.sleep(0.5)
        server.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", port))
        connection.sendall(body[10:])
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"label":"blue"' in answer
    # uvicorn passes the signal on once it is done, so that its parent sees it.
    assert server.wait(10) in (0, -signal.SIGTERM)


def test_the_server_stops_at_once_when_idle(server: subprocess.Popen, port: int) -> None:
    await_ready(port)
    start = time.monotonic()
    server.send_signal(signal.SIGTERM)
    server.wait(10)
    assert time.monotonic() - start < 5


def test_the_image_runs_as_the_user_that_gantry_demands() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "\nUSER 10001:10001\n" in dockerfile
    assert "\nEXPOSE 8000\n" in dockerfile
