"""Objects in S3, Google Cloud Storage and Azure Blob Storage, through `obstore` (extra `object-store`).

Credentials come from where each of these has them: environment variables, the identity of a machine, a pod or a CI
job. Retries are those of `Careful`: the ones of the library would take the first try of a write for another run's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, TypeVar

from sdx_state.decoding.strict import parse
from sdx_state.decoding.typed import record
from sdx_state.model.urls import on_this_machine
from sdx_state.records import dataclass
from sdx_state.state.store import Conflict, Found, StoreRefused, Unclear

INSTALL = "Install it: pip install 'sdx-state[object-store]'"
CREDENTIALS_ADVICE = "Check the credentials of the environment, and that they may read, write, list and delete there."
TIMEOUTS = {"timeout": "5s", "connect_timeout": "2s"}
_URL = re.compile(r"https?://\S+")
_STATUS = re.compile(r"status(?: code)?:? (\d{3})")
_AGAIN = {"408", "409", "425", "429"}  # of 4xx, those after which the same request may be answered
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class ObjectStore:
    """Implements `store.Store`.

    Attributes:
        name: What messages call it.
        prefix: Of all keys, empty or without a slash at its end.
        advice: What to do where it does not exist.
    """

    name: str
    prefix: str
    advice: str
    _client: Any = field(repr=False)  # shows credentials

    def get(self, key: str) -> Found | None:
        """Return the object `key`, None if there is none."""
        import obstore

        try:
            answer = self._asked(key, lambda: obstore.get(self._client, self._path(key)))
            content = self._asked(key, lambda: answer.bytes().to_bytes())
        except FileNotFoundError:
            self._require_there()
            return None
        return Found(content, _version(answer.meta))

    def put(self, key: str, content: bytes, version: str | None) -> str:
        """Write `content` if the object has `version` still, or if there is none and `version` is None."""
        import obstore

        mode: Any = "create" if version is None else record(parse(version))
        put = lambda: obstore.put(self._client, self._path(key), content, mode=mode, use_multipart=False)  # noqa: E731
        try:
            return _version(self._asked(key, put))
        except FileNotFoundError:
            self._require_there()
            raise Conflict(f"{self.name}: {key} does not exist any more") from None

    def list(self, prefix: str) -> list[str]:
        """Return the keys that begin with `prefix`, in order."""
        import obstore

        path = self._path(prefix)
        try:
            listed = self._asked(prefix, lambda: list(obstore.list(self._client, path, chunk_size=1000)))
        except FileNotFoundError:
            raise StoreRefused(f"{self.name} does not exist", self.advice) from None
        found = [str(one["path"]) for chunk in listed for one in chunk]
        skipped = len(self.prefix) + 1 if self.prefix else 0
        return sorted(one[skipped:] for one in found if one.startswith(path))

    def delete(self, keys: Sequence[str]) -> None:
        """Remove the objects `keys`, those that there are."""
        import obstore

        paths = [self._path(key) for key in keys]
        try:
            self._asked(keys[0], lambda: obstore.delete(self._client, paths))
        except FileNotFoundError:
            for path in paths:
                self._delete(path)

    def _delete(self, path: str) -> None:
        import obstore

        try:
            self._asked(path, lambda: obstore.delete(self._client, path))
        except FileNotFoundError:
            self._require_there()

    def _require_there(self) -> None:
        """Tell a missing object from a missing bucket, which answers in the same way."""
        self.list("nothing/")

    def _path(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def _asked(self, key: str, ask: Callable[[], Answer]) -> Answer:
        from obstore import exceptions

        try:
            return ask()
        except (exceptions.AlreadyExistsError, exceptions.PreconditionError) as error:
            raise Conflict(f"{self.name}: {key} is not as it was") from error
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
            kind = "no permission" if isinstance(error, exceptions.PermissionDeniedError) else "not authenticated"
            raise StoreRefused(f"{self.name}: {kind} for {key}", CREDENTIALS_ADVICE) from error
        except FileNotFoundError:
            raise
        except (exceptions.BaseError, OSError, ValueError) as error:
            said = _plain(error)
            status = _STATUS.search(said)
            if status is not None and status[1] == "404":
                raise StoreRefused(f"{self.name} does not exist", self.advice) from None
            if status is not None and status[1].startswith(("3", "4")) and status[1] not in _AGAIN:
                raise StoreRefused(f"{self.name} refused {key}: {said}", self.advice) from None
            raise Unclear(f"{self.name} did not answer for {key}: {said}") from None


def s3_store(options: Mapping[str, object], environ: Mapping[str, str]) -> ObjectStore:
    """Return a bucket of S3, or of what speaks its protocol: `bucket`, `prefix`, `region`, `endpoint`, `kms_key`.

    Raises:
        StoreRefused: The package is not installed, or an option cannot be used.
    """
    bucket, endpoint = str(options["bucket"]), str(options.get("endpoint") or "")
    region = options.get("region") or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    config = {
        "bucket": bucket,
        "region": str(region),
        **_from(environ, "AWS_", "access_key_id", "secret_access_key", "session_token"),
    }
    if endpoint:
        config["endpoint"] = _safe(endpoint)
    if options.get("kms_key"):
        config |= {"server_side_encryption": "aws:kms", "sse_kms_key_id": str(options["kms_key"])}
    advice = "Check `bucket`, `region` and `endpoint` in sdx.yaml; the bucket must exist."
    return _opened("S3Store", f"s3://{bucket}", options, config, endpoint, advice)


def gcs_store(options: Mapping[str, object], environ: Mapping[str, str]) -> ObjectStore:
    """Return a bucket of Google Cloud Storage: `bucket`, `prefix`.

    Raises:
        StoreRefused: The package is not installed, or an option cannot be used.
    """
    bucket, endpoint = str(options["bucket"]), str(options.get("endpoint") or "")
    config = {"bucket": bucket, **_from(environ, "GOOGLE_", "service_account_key")}
    if endpoint:
        config["base_url"] = _safe(endpoint)
    advice = "Check `bucket` in sdx.yaml; the bucket must exist."
    return _opened("GCSStore", f"gs://{bucket}", options, config, endpoint, advice)


def azure_store(options: Mapping[str, object], environ: Mapping[str, str]) -> ObjectStore:
    """Return a container of Azure Blob Storage: `account`, `container`, `prefix`.

    Raises:
        StoreRefused: The package is not installed, or an option cannot be used.
    """
    account, container = str(options["account"]), str(options["container"])
    endpoint = str(options.get("endpoint") or "")
    config = {"account_name": account, "container_name": container, **_from(environ, "AZURE_STORAGE_", "account_key")}
    if endpoint:
        config["endpoint"] = _safe(endpoint)
    advice = "Check `account` and `container` in sdx.yaml; the container must exist."
    return _opened("AzureStore", f"azure://{account}/{container}", options, config, endpoint, advice)


def _opened(
    kind: str, name: str, options: Mapping[str, object], config: Mapping[str, str], endpoint: str, advice: str
) -> ObjectStore:
    try:
        from obstore import store
        from obstore.exceptions import BaseError
    except ModuleNotFoundError as error:
        raise StoreRefused(f"the state in {name} needs {error.name}", INSTALL) from error
    client = {**TIMEOUTS, "allow_http": True} if endpoint.startswith("http:") else TIMEOUTS
    try:
        opened = getattr(store, kind)(config=dict(config), client_options=client, retry_config={"max_retries": 0})
    except (ValueError, OSError, BaseError) as error:
        raise StoreRefused(f"{name} cannot be used: {_plain(error)}", advice) from None
    return ObjectStore(name, str(options.get("prefix") or "").strip("/"), advice, opened)


def _from(environ: Mapping[str, str], before: str, *names: str) -> dict[str, str]:
    found = {name: environ.get(f"{before}{name.upper()}") for name in names}
    return {name: value for name, value in found.items() if value}


def _safe(endpoint: str) -> str:
    """Return `endpoint` if state and credentials may be sent there: https, or http to this machine.

    Raises:
        StoreRefused: It is another address.
    """
    if not endpoint.startswith("https://") and not (endpoint.startswith("http://") and on_this_machine(endpoint)):
        raise StoreRefused("`endpoint` of the state must be https://", "http:// is for this machine alone.")
    return endpoint


def _version(meta: Any) -> str:
    """Return what a later write names: tag and generation, those that this store has."""
    return json.dumps({name: meta[name] for name in ("e_tag", "version") if meta.get(name)})


def _plain(error: BaseException) -> str:
    """Return what `error` says, on one line, without addresses: those of Azure can carry a signature."""
    said = " ".join(_URL.sub("the store", str(error)).split())
    return said[:300]
