"""Says what this node is doing, to routers, to the group's health check, and to Prometheus.

GET /ready      200 if every server has completed a token since it started and none is leaving, else 503
GET /ready/N    the same of server N
GET /health     503 if another machine should take this one's place: its GPUs, its disks, or a server that has served
                and cannot any more. A node that boots, however long, and one that cannot boot anywhere answer 200.
GET /metrics    the node's state and its steps, also when no container, and so no exporter, could be started
A server that hangs is killed; systemd starts it again, and gives up when that happens too often. Standard library only.
environment: FLEET_PORTS, FLEET_MODEL, FLEET_RELEASE, FLEET_HEALTH_PORT, FLEET_LOAD_SECONDS, FLEET_HANG_SECONDS
"""

import json
import os
import subprocess
import threading
import time
import traceback
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = os.environ.get("FLEET_ROOT", "")
RUN, CONSOLE = Path(f"{ROOT}/run/fleet"), f"{ROOT}/dev/console"
SERVED = Path(f"{ROOT}/var/lib/fleet/served")
PUBLISHING = threading.Lock()
MODEL, RELEASE = os.environ["FLEET_MODEL"], os.environ["FLEET_RELEASE"]
PAUSE = float(os.environ.get("FLEET_PAUSE", "2"))
LOAD_SECONDS, HANG_SECONDS = int(os.environ["FLEET_LOAD_SECONDS"]), int(os.environ["FLEET_HANG_SECONDS"])


def say(text):
    print(f"fleet health: {text}", flush=True)
    with open(CONSOLE, "a", encoding="utf-8") as console:
        console.write(f"fleet: {text}\n")


class Server:
    """One vLLM server: loading until it completes a token, then watched by its own /health."""

    def __init__(self, number, port):
        self.number, self.url = number, f"http://127.0.0.1:{port}"
        self.ready = False
        self.start = None
        self.answered = time.monotonic()

    def started(self):
        try:
            return (RUN / f"started/{self.number}").stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def alive(self):
        with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
            return answer.status == 200

    def completes(self):
        """/health says that the engine lives; only a token says that it can serve."""
        body = {"model": MODEL, "max_tokens": 1, "messages": [{"role": "user", "content": "1"}]}
        request = urllib.request.Request(
            f"{self.url}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["usage"]["completion_tokens"] >= 1

    def look(self):
        start = self.started()
        if start != self.start:
            self.start, self.ready, self.answered = start, False, time.monotonic()
        if start is None:
            return
        try:
            good = self.alive() and (self.ready or self.completes())
        except (OSError, ValueError, KeyError):
            good = False
        if good:
            self.answered = time.monotonic()
            if not self.ready:
                SERVED.mkdir(parents=True, exist_ok=True)
                (SERVED / str(self.number)).touch()
                say(f"server {self.number} of {MODEL} {RELEASE} serves")
            self.ready = True
            return
        silent = time.monotonic() - self.answered
        if silent > (HANG_SECONDS if self.ready else LOAD_SECONDS) and not (RUN / "draining").exists():
            say(f"server {self.number} has not answered for {silent:.0f} s: killing it")
            subprocess.run(["docker", "kill", f"fleet-vllm-{self.number}"], check=False)
            self.ready, self.answered = False, time.monotonic()

    def serves(self):
        return self.ready and time.monotonic() - self.answered < 3 * PAUSE + 6 and not draining()


def draining():
    return (RUN / "draining").exists()


def state(servers):
    if draining():
        return "draining"
    failed = RUN / "failed"
    if (RUN / "broken").exists() or any(step_stops_serving(path.name) for path in failed.glob("*")):
        return "failed"
    return "serving" if all(server.serves() for server in servers) else "booting"


def step_stops_serving(name):
    """Without exporters or a log a node serves all the same."""
    return name in ("gpus", "disks", "engine", "image", "weights") or name.startswith("vllm@")


def publish(servers):
    now = state(servers)
    lines = [
        f'fleet_node_state{{state="{name}"}} {int(name == now)}'
        for name in ("booting", "serving", "draining", "failed")
    ] + [f'fleet_node_server_ready{{server="{server.number}"}} {int(server.serves())}' for server in servers]
    with PUBLISHING:
        (RUN / "metrics").mkdir(parents=True, exist_ok=True)
        draft = RUN / "metrics/node.draft"
        draft.write_text("\n".join(lines) + "\n")
        draft.replace(RUN / "metrics/node.prom")


def published():
    return "".join(path.read_text(encoding="utf-8") for path in sorted((RUN / "metrics").glob("*.prom")))


def handler(servers):
    def verdict(path):
        if path == "/health":
            return not (RUN / "broken").exists()
        if path == "/ready":
            return all(server.serves() for server in servers)
        for server in servers:
            if path == f"/ready/{server.number}":
                return server.serves()
        return None

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            metrics = self.path == "/metrics"
            good = metrics or verdict(self.path)
            body = (published() if metrics else f"{state(servers)}\n").encode()
            self.send_response(404 if good is None else 200 if good else 503)
            self.send_header("Content-Type", "text/plain; version=0.0.4" if metrics else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            """Probes come every few seconds."""

    return Handler


def watch(servers, server):
    try:
        while True:
            server.look()
            publish(servers)
            time.sleep(PAUSE)
    finally:
        # Half a watch is worse than none: systemd starts all of it again.
        traceback.print_exc()
        os._exit(1)


def main():
    servers = [Server(number, int(port)) for number, port in enumerate(os.environ["FLEET_PORTS"].split(), 1)]
    publish(servers)
    for server in servers:
        threading.Thread(target=watch, args=(servers, server), daemon=True).start()
    address = (os.environ.get("FLEET_HEALTH_ADDRESS", "0.0.0.0"), int(os.environ["FLEET_HEALTH_PORT"]))
    ThreadingHTTPServer(address, handler(servers)).serve_forever()


if __name__ == "__main__":
    main()
