"""Pages of the Prefect UI send nothing to another host: the middleware, and a real browser."""

from __future__ import annotations

import asyncio
import gzip
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from flows.services.embedded_server import embedded_server, free_port
from flows.services.same_origin import SameOrigin
from tests.support.compose import until
from tests.support.prefect_process import PrefectProcess, ask

PAGE = "<!DOCTYPE html><html><head><title>\N{SNOWMAN}</title></head><body>" + "x" * 900


async def page(_: Request) -> Response:
    return HTMLResponse(PAGE, headers={"etag": "old"})


async def data(_: Request) -> Response:
    return JSONResponse({"text": "<head>" * 200})


@pytest.fixture
def client() -> TestClient:
    inner = Starlette(routes=[Route("/", page), Route("/data", data)])
    inner.add_middleware(GZipMiddleware)
    return TestClient(SameOrigin(inner, ["http://127.0.0.1:4200"]))


def test_a_page_gets_the_policy_and_the_script_first(client: TestClient) -> None:
    answer = client.get("/", headers={"accept": "text/html,*/*", "if-none-match": "old"})
    assert answer.status_code == 200
    before, script, after = answer.text.partition("<script>")
    assert before.endswith("<head>") and script and "<title>\N{SNOWMAN}</title>" in after
    assert '["http://127.0.0.1:4200"]' in after
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy and "ws://127.0.0.1:4200" in policy
    assert "etag" not in answer.headers
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_what_is_no_page_passes_as_it_is(client: TestClient) -> None:
    opened = client.get("/data", headers={"accept": "text/html"})
    assert opened.json() == {"text": "<head>" * 200}
    assert "content-security-policy" not in opened.headers
    asked = client.get("/data", headers={"accept": "application/json"})
    assert asked.headers["content-encoding"] == "gzip"
    assert "content-security-policy" not in client.get("/", headers={"accept": "*/*"}).headers


def test_a_response_in_parts_is_joined() -> None:
    async def parts(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"Content-Type", b"text/html; charset=utf-8"), (b"Content-Length", b"13")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"<html><he", "more_body": True})
        await send({"type": "http.response.body", "body": b"ad>!"})

    sent: list[Any] = []

    async def ask_for_page() -> None:
        async def receive() -> Any:
            raise AssertionError("nothing is read")

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "headers": [(b"accept", b"text/html")]}
        await SameOrigin(parts)(scope, receive, send)

    asyncio.run(ask_for_page())
    start, body = sent
    assert body["body"].startswith(b"<html><head><script>") and body["body"].endswith(b"</script>!")
    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()
    assert not body["body"].startswith(gzip.compress(b"")[:2])


# --- the UI itself


@pytest.fixture(scope="module")
def ui(prefect: PrefectProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an embedded server with a flow run and artifacts."""
    place = tmp_path_factory.mktemp("ui")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(prefect.empty_home(place / "user")))
        # as for a user who has set nothing, so that the UI would count its use
        patch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "true")
        with embedded_server(place / "server.log", place / "own") as server:
            flow = ask(f"{server.url}/flows/", {"name": "mine"})
            begun = {"flow_id": flow["id"], "name": "mine it", "state": {"type": "COMPLETED"}}
            run = ask(f"{server.url}/flow_runs/", begun)
            picture = "![a picture](http://pictures.invalid/one.png)"
            about = {"flow_run_id": run["id"], "key": "summary", "type": "markdown"}
            ask(f"{server.url}/artifacts/", about | {"data": f"# Summary\n\n{picture}\n"})
            yield server.url.removesuffix("/api")


@pytest.mark.parametrize("version", ["", "/v2"])
def test_no_page_of_the_ui_sends_a_request_to_another_host(
    ui: str, browser: Any, version: str
) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    tab, requests, answered, errors = context.new_page(), [], [], []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("requestfinished", lambda request: answered.append(request.url))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    (run,) = ask(f"{ui}/api/flow_runs/filter", {})
    (artifact,) = ask(f"{ui}/api/artifacts/filter", {})
    paths = {
        "/dashboard": "Flow Runs",
        "/runs": "mine it",
        f"/runs/flow-run/{run['id']}": "mine it",
        f"/artifacts/artifact/{artifact['id']}": "Summary",
        "/settings": "Settings",
    }
    for path, text in paths.items():
        tab.goto(f"{ui}{version}{path}")
        tab.get_by_text(text).first.wait_for(timeout=30_000)
        tab.wait_for_load_state("networkidle")
    context.close()
    own = (ui, ui.replace("http", "ws"), "data:", "blob:")
    foreign = {url for url in requests if not url.startswith(own)}
    # the browser reports a picture that it refuses to load as a request; it sends none
    assert foreign <= {"http://pictures.invalid/one.png"}
    assert [url for url in answered if not url.startswith(own)] == []
    assert any("/assets/" in url for url in requests)
    assert errors == []


def test_the_ui_would_send_one_without_the_middleware(
    prefect: PrefectProcess, browser: Any, tmp_path: Path
) -> None:
    """If a new version of Prefect does not, the middleware can be removed."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)]
    home = {"PREFECT_HOME": str(prefect.empty_home(tmp_path / "home")), "PREFECT_UI_API_URL": url}
    with subprocess.Popen(
        [*command, "--no-scheduler", "--no-late-runs"],
        env=os.environ | home | {"PREFECT_API_URL": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            until(lambda: answers(port), 120, "the server does not start")
            context = browser.new_context()
            tab, requests = context.new_page(), []
            tab.on("request", lambda request: requests.append(request.url))
            tab.goto(f"http://127.0.0.1:{port}/v2/dashboard")
            for _ in range(100):
                tab.wait_for_timeout(100)
                if any("amplitude.com" in url for url in requests):
                    break
            context.close()
        finally:
            server.terminate()
    assert any("amplitude.com" in url for url in requests)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
