"""Requests to a server of HTTP states: settings from the project and from `TF_HTTP_*`, as Terraform names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from sdx_state.model.urls import has_credentials, host_of, is_secure
from sdx_state.records import dataclass
from sdx_state.state.store import StoreRefused, Unclear

LARGEST = 64 * 1024 * 1024  # bytes of an answer
TIMEOUT = (2.0, 10.0)  # seconds to connect, and between two packets of an answer
CI_USER = "gitlab-ci-token"  # the user of CI_JOB_TOKEN, as GitLab documents it
ADDRESS_ADVICE = "Correct `address` in sdx.yaml, or TF_HTTP_ADDRESS."


@dataclass(frozen=True)
class Reply:
    """An answer: its status and its body."""

    status: int
    body: bytes


# Sends one request: method, URL, query parameters, body. Raises `Unclear` if there is no answer.
Send = Callable[[str, str, Mapping[str, str], bytes | None], Reply]


@dataclass(frozen=True)
class HttpSettings:
    """Addresses, methods and credentials of one state.

    Attributes:
        address: URL of the state.
        lock: Method and URL that lock it.
        unlock: Method and URL that unlock it.
        update: Method that writes it.
        user: User for basic authentication, empty for none.
        password: The password of `user`.
        ca_file: Certificates (PEM) to trust instead of the usual ones, empty for the usual ones.
    """

    address: str
    lock: tuple[str, str]
    unlock: tuple[str, str]
    update: str = "POST"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""


def http_settings(options: Mapping[str, object], environ: Mapping[str, str]) -> HttpSettings:
    """Return the settings; `TF_HTTP_*` wins over the project file, as in Terraform.

    Methods default to those of GitLab, Gitea and Forgejo (POST and DELETE below `/lock`), not to Terraform's LOCK and
    UNLOCK. `CI_JOB_TOKEN` is sent to the GitLab that runs the job only.

    Raises:
        StoreRefused: There is no address, or credentials may not be sent there.
    """
    address = environ.get("TF_HTTP_ADDRESS") or str(options.get("address") or "")
    if not address:
        raise StoreRefused(
            "the state backend `http` needs an address", "Set `address` in sdx.yaml or TF_HTTP_ADDRESS."
        )
    lock = environ.get("TF_HTTP_LOCK_ADDRESS") or f"{address.rstrip('/')}/lock"
    unlock = environ.get("TF_HTTP_UNLOCK_ADDRESS") or lock
    for one in (address, lock, unlock):
        _require_safe(one)
    user, password = environ.get("TF_HTTP_USERNAME", ""), environ.get("TF_HTTP_PASSWORD", "")
    token = environ.get("CI_JOB_TOKEN", "")
    if not user and token and host_of(address) == host_of(f"https://{environ.get('CI_SERVER_HOST', '')}"):
        user, password = CI_USER, token
    return HttpSettings(
        address,
        (environ.get("TF_HTTP_LOCK_METHOD") or "POST", lock),
        (environ.get("TF_HTTP_UNLOCK_METHOD") or "DELETE", unlock),
        environ.get("TF_HTTP_UPDATE_METHOD") or "POST",
        user,
        password,
        environ.get("SDX_CA_FILE", ""),
    )


def _require_safe(address: str) -> None:
    if not is_secure(address):
        raise StoreRefused(
            "the address of the state must be https://", f"http:// is for this machine only. {ADDRESS_ADVICE}"
        )
    if has_credentials(address):
        raise StoreRefused(
            "the address of the state contains credentials",
            "Move them to TF_HTTP_USERNAME and TF_HTTP_PASSWORD.",
        )


def sender(settings: HttpSettings) -> Send:
    """Return a function that sends requests with the credentials of `settings`. Redirects are not followed."""
    import requests

    def send(method: str, url: str, query: Mapping[str, str], body: bytes | None) -> Reply:
        auth: Any = (settings.user, settings.password.encode()) if settings.user else _anonymous
        headers = {"Content-Type": "application/json"} if body is not None else {}
        try:
            # The API's transport has the retries, limits and credentials of another server.
            with requests.request(  # noqa: TID251 - a store is one attempt at a time; `Careful` retries
                method,
                url,
                params=dict(query),
                data=body,
                headers=headers,
                auth=auth,
                timeout=TIMEOUT,
                allow_redirects=False,
                verify=settings.ca_file or True,
                stream=True,
            ) as answer:
                content = answer.raw.read(LARGEST + 1, decode_content=True)
                status = answer.status_code
        except requests.exceptions.SSLError:
            raise StoreRefused(
                f"{plain(url)}: its certificate is not trusted", "Set SDX_CA_FILE to the certificates (PEM) to trust."
            ) from None
        except (requests.RequestException, OSError, ValueError) as error:
            raise Unclear(f"{plain(url)} did not answer ({type(error).__name__})") from None
        except Exception as error:  # noqa: BLE001 - the body is read by urllib3, whose errors are its own
            raise Unclear(f"{plain(url)}: the answer was cut off ({type(error).__name__})") from None
        if len(content) > LARGEST:
            raise StoreRefused(f"{plain(url)} sent more than {LARGEST // 1024 // 1024} MiB", ADDRESS_ADVICE)
        return Reply(status, content)

    return send


def plain(url: str) -> str:
    """Return `url` without its query, which can contain a token."""
    return url.partition("?")[0]


def _anonymous(request: Any) -> Any:
    """Send no credentials: without this, `requests` reads those of `.netrc`."""
    return request
