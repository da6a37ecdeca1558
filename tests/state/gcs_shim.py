"""The XML API of Google Cloud Storage, which `obstore` speaks, in front of an emulator that has the JSON API only."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

import requests

from tests.faulty_proxy import write_answer

CREDENTIALS = json.dumps({"disable_oauth": True, "client_email": "", "private_key": "", "private_key_id": ""})


class _Server(ThreadingHTTPServer):
    json_api = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *_arguments: Any) -> None: ...

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        bucket, key = self._named()
        query = {"uploadType": "multipart", "name": key}
        if (generation := self.headers.get("x-goog-if-generation-match")) is not None:
            query["ifGenerationMatch"] = generation
        head = b'--part\r\nContent-Type: application/json\r\n\r\n{"name": %s}\r\n' % json.dumps(key).encode()
        body = head + b"--part\r\nContent-Type: application/octet-stream\r\n\r\n" + content + b"\r\n--part--\r\n"
        answer = requests.post(
            f"{self.server.json_api}/upload/storage/v1/b/{bucket}/o",
            params=query,
            data=body,
            headers={"Content-Type": "multipart/related; boundary=part"},
            timeout=10,
        )
        self._say(answer.status_code, b"", _version(answer.json()) if answer.ok else {})

    def do_GET(self) -> None:
        bucket, key = self._named()
        if not key:
            self._list(bucket, parse_qs(urlsplit(self.path).query))
            return
        answer = requests.get(self._object(bucket, key), params={"alt": "media"}, timeout=10)
        about = {"x-goog-generation": answer.headers.get("x-goog-generation", ""), "ETag": '"tag"'}
        about["Last-Modified"] = answer.headers.get("Last-Modified", "")
        self._say(answer.status_code, answer.content, {name: value for name, value in about.items() if value})

    def do_DELETE(self) -> None:
        answer = requests.delete(self._object(*self._named()), timeout=10)
        self._say(204 if answer.ok else answer.status_code, b"", {})

    def _list(self, bucket: str, query: dict[str, list[str]]) -> None:
        params = {"prefix": query.get("prefix", [""])[0], "pageToken": query.get("continuation-token", [""])[0]}
        url = f"{self.server.json_api}/storage/v1/b/{bucket}/o"
        answer = requests.get(url, params={name: value for name, value in params.items() if value}, timeout=10)
        if not answer.ok:
            self._say(answer.status_code, answer.content, {})
            return
        found = answer.json()
        items = "".join(
            f"<Contents><Key>{escape(one['name'])}</Key><Size>{one['size']}</Size>"
            f"<LastModified>{one['updated']}</LastModified><ETag>tag</ETag></Contents>"
            for one in found.get("items", ())
        )
        more = found.get("nextPageToken")
        token = f"<NextContinuationToken>{escape(more)}</NextContinuationToken>" if more else ""
        self._say(200, f"<ListBucketResult>{token}{items}</ListBucketResult>".encode(), {})

    def _named(self) -> tuple[str, str]:
        bucket, _, key = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        return bucket, key

    def _object(self, bucket: str, key: str) -> str:
        return f"{self.server.json_api}/storage/v1/b/{bucket}/o/{quote(key, safe='')}"

    def _say(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        write_answer(self, status, headers, content)


def _version(found: dict[str, Any]) -> dict[str, str]:
    return {"x-goog-generation": str(found["generation"]), "ETag": '"tag"'}


@contextmanager
def xml_api(json_api: str) -> Iterator[str]:
    """Serve in front of the emulator at `json_api`, and yield the address."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.json_api = json_api
    serving = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
