"""Brings what a machine needs to its disk, once: from the weights bucket, else from where it is published.

usage: fetch.py weights     the model and the Harmony vocabulary, to the data disk
       fetch.py engine      packages of the container engine, to /var/cache/fleet
Files of 4 GB come in parallel, a broken transfer goes on where it stopped, every file's hash is checked, and only then
a marker says that the folder is complete. A complete folder is used without asking anybody. Standard library only.
environment: facts in fetch.json; FLEET_ROOT, FLEET_METADATA, FLEET_STORAGE, FLEET_SECRETS, HF_ENDPOINT for tests
"""

import functools
import hashlib
import http.client
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = os.environ.get("FLEET_ROOT", "")
ETC, RUN = Path(f"{ROOT}/etc/fleet"), Path(f"{ROOT}/run/fleet")
TARGETS = {"weights": Path(f"{ROOT}/var/lib/fleet/data/weights"), "engine": Path(f"{ROOT}/var/cache/fleet")}
METADATA = os.environ.get("FLEET_METADATA", "http://169.254.169.254")
STORAGE = os.environ.get("FLEET_STORAGE", "https://storage.googleapis.com")
SECRETS = os.environ.get("FLEET_SECRETS", "https://secretmanager.googleapis.com")
HUB = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
PAUSE = float(os.environ.get("FLEET_PAUSE", "2"))
STREAMS = 8
BLOCK = 8 * 1024 * 1024
ATTEMPTS = 6
MARKER = ".complete"
STEP = sys.argv[1]


class Failure(Exception):
    """What an operator has to know, in one line."""


def ask(url, headers=None):
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=60)


def patiently(what, action):
    """Retries what a network breaks; not what a server refuses."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return action()
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code not in (408, 429):
                raise Failure(f"{what}: HTTP {error.code} {error.reason}") from error
            reason = f"HTTP {error.code}"
        except (OSError, http.client.HTTPException, EOFError) as error:
            reason = str(error) or type(error).__name__
        if attempt == ATTEMPTS:
            raise Failure(f"{what}: {reason}, {ATTEMPTS} times")
        time.sleep(PAUSE * attempt)


def google_token():
    url = f"{METADATA}/computeMetadata/v1/instance/service-accounts/default/token"
    with ask(url, {"Metadata-Flavor": "Google"}) as answer:
        return json.load(answer)["access_token"]


def aws(region, *arguments):
    command = ["aws", *arguments, "--region", region]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Failure(f"aws {arguments[0]} {arguments[1]}: {result.stderr.strip()}")
    return result.stdout.strip()


def secret(facts):
    """The hub's token, fetched as this machine; it is kept nowhere."""
    name = facts["hubToken"]
    if name is None:
        return None
    if facts["platform"] == "aws":
        return aws(facts["region"], "secretsmanager", "get-secret-value", "--secret-id", name,
                   "--query", "SecretString", "--output", "text")
    url = f"{SECRETS}/v1/projects/{facts['project']}/secrets/{name}/versions/latest:access"

    def fetch():
        import base64
        with ask(url, {"Authorization": f"Bearer {google_token()}"}) as answer:
            return base64.b64decode(json.load(answer)["payload"]["data"]).decode().strip()

    return patiently(f"secret {name}", fetch)


class Bucket:
    """Google Cloud Storage or S3, as this machine."""

    def __init__(self, facts):
        self.facts = facts

    def locate(self, key):
        bucket, region = self.facts["bucket"], self.facts["region"]
        if self.facts["platform"] == "aws":
            return aws(region, "s3", "presign", f"s3://{bucket}/{key}", "--expires-in", "3600"), {}
        quoted = urllib.parse.quote(key)
        return f"{STORAGE}/{bucket}/{quoted}", {"Authorization": f"Bearer {google_token()}"}

    def manifest(self, folder):
        def fetch():
            url, headers = self.locate(f"{folder}/manifest.json")
            with ask(url, headers) as answer:
                return json.load(answer)["files"]

        where = f"{self.facts['bucket']}/{folder}/manifest.json"
        return patiently(f"{where} (`fleet weights push` writes it)", fetch)

    def source(self, folder, file):
        return self.locate(f"{folder}/{file['path']}")


class Publishers:
    """The model hub, at the commit that its main branch has now; other files from where each is published."""

    def __init__(self, facts):
        self.facts = facts
        self.commit = None

    @functools.cached_property
    def headers(self):
        token = secret(self.facts)
        return {} if token is None else {"Authorization": f"Bearer {token}"}

    def json(self, path):
        def fetch():
            with ask(f"{HUB}{path}", self.headers) as answer:
                return json.load(answer)

        return patiently(f"{HUB}{path}", fetch)

    def manifest(self, folder):
        if folder in self.facts["published"]:
            return self.facts["published"][folder]
        model = self.facts["weights"]
        self.commit = self.json(f"/api/models/{model}")["sha"]
        tree = self.json(f"/api/models/{model}/tree/{self.commit}?recursive=true")
        # The same parameters in other formats, which vLLM ignores.
        return [
            {"path": file["path"], "bytes": file["size"]}
            | ({"sha256": file["lfs"]["oid"]} if "lfs" in file else {"git": file["oid"]})
            for file in tree
            if file["type"] == "file" and not file["path"].startswith(("original/", "metal/"))
        ]

    def source(self, folder, file):
        if folder in self.facts["published"]:
            return file["source"], {}
        path = urllib.parse.quote(file["path"])
        return f"{HUB}/{self.facts['weights']}/resolve/{self.commit}/{path}", self.headers


def hash_of(path, file):
    """SHA-256; of a small file of the hub what git calls it."""
    if "sha256" in file:
        digest = hashlib.sha256()
    else:
        digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def fetch_file(source, folder, file):
    target = TARGETS[STEP] / folder / file["path"]
    if target.is_file():
        return
    part = target.with_name(f"{target.name}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    what = f"{folder}/{file['path']}"

    def transfer():
        have = part.stat().st_size if part.exists() else 0
        if have < file.get("bytes", have + 1):
            url, headers = source.source(folder, file)
            try:
                with ask(url, headers | ({"Range": f"bytes={have}-"} if have > 0 else {})) as answer:
                    append = have > 0 and answer.status == 206
                    with part.open("ab" if append else "wb") as stream:
                        while block := answer.read(BLOCK):
                            stream.write(block)
            except urllib.error.HTTPError as error:
                if error.code != 416:
                    raise
        if part.stat().st_size < file.get("bytes", 0):
            raise EOFError("the transfer ended early")

    wanted = file.get("sha256") or file["git"]
    for last in (False, True):
        patiently(what, transfer)
        found = hash_of(part, file)
        if found == wanted:
            part.replace(target)
            return
        part.unlink()
        if last:
            raise Failure(f"{what}: wrong checksum, expected {wanted}, got {found}")
        print(f"fleet {STEP}: {what}: wrong checksum, once more from its beginning", flush=True)


def fetch_folder(source, folder):
    marker = TARGETS[STEP] / folder / MARKER
    if marker.is_file():
        print(f"fleet {STEP}: {folder} is complete", flush=True)
        return
    files = source().manifest(folder)
    print(f"fleet {STEP}: {folder}: {len(files)} files", flush=True)
    with ThreadPoolExecutor(STREAMS) as pool:
        transfers = [pool.submit(fetch_file, source(), folder, file) for file in files]
    problems = [str(error) for error in (transfer.exception() for transfer in transfers) if error]
    if problems:
        raise Failure("; ".join(problems))
    os.sync()
    marker.write_text("".join(f"{file['path']}\n" for file in files))


def main():
    facts = json.loads((ETC / "fetch.json").read_text())
    made = []

    def source():
        if not made:
            made.append(Publishers(facts) if facts["bucket"] is None else Bucket(facts))
        return made[0]

    for folder in facts["folders"][STEP]:
        fetch_folder(source, folder)


if __name__ == "__main__":
    try:
        main()
    except (Failure, OSError, KeyError, ValueError) as error:
        message = str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
        (RUN / "reason").mkdir(parents=True, exist_ok=True)
        (RUN / "reason" / STEP).write_text(f"{message}\n")
        sys.exit(f"fleet {STEP}: {message}")
