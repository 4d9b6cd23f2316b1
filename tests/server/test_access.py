"""Who may call, what may be named, and how many at once."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from pai_studio.core.shot.document import load
from pai_studio.core.shot.errors import (
    BadInput,
    MissingFrames,
    NotAllowed,
    NotAuthenticated,
    OutOfResources,
    Unreachable,
    VersionMismatch,
)
from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.client import Client, connect
from pai_studio.server.api.studio_pb2_grpc import StudioStub
from pai_studio.server.api.wire import compatible, error_metadata, status_of
from pai_studio.server.app import Server, run
from pai_studio.server.staging import Roots, checked_shot

TOKEN = "a-token-for-tests-0123456789"


@pytest.mark.parametrize("token", ["wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper()])
def test_a_wrong_token_is_refused(start, token):
    with pytest.raises(NotAuthenticated, match="token"):
        Client(start().address, token)


@pytest.mark.parametrize("token", ["tôken-of-a-good-length", "two\nlines-of-a-token"])
def test_a_token_that_cannot_travel_is_said(token):
    with pytest.raises(NotAuthenticated, match="printable ASCII"):
        Client("127.0.0.1:9", token)


def test_a_proxy_is_not_asked_for_the_way_to_this_machine(start, monkeypatch):
    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Client(start().address, TOKEN) as client:
        assert client.info().workers == 1


def test_without_a_token_nothing_is_even_parsed(start):
    with grpc.insecure_channel(start().address) as channel:
        stub = StudioStub(channel)
        for call in (
            lambda: stub.GetServerInfo(pb.GetServerInfoRequest()),
            lambda: list(stub.WatchJob(pb.WatchJobRequest(name="jobs/1"))),
            lambda: stub.UploadBlob(iter([pb.UploadBlobRequest(data=b"x")])),
            lambda: health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest()),
            lambda: channel.unary_unary("/pai_studio.v1.Studio/CreateJob")(b"\xff\xff no protobuf"),
        ):
            with pytest.raises(grpc.RpcError) as caught:
                call()
            assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_health_and_reflection_answer_with_the_token(start):
    metadata = (("authorization", f"Bearer {TOKEN}"),)
    with grpc.insecure_channel(start().address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest(service="pai_studio.v1.Studio")
        assert health.Check(request, metadata=metadata).status == health_pb2.HealthCheckResponse.SERVING
        asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        (answer,) = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
            asked, metadata=metadata
        )
        assert "pai_studio.v1.Studio" in [service.name for service in answer.list_services_response.service]


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "studio.example:7345", "192.168.1.5:0"])
def test_an_open_address_without_tls_is_refused(settings, listen, capsys):
    with pytest.raises(BadInput, match="needs TLS"):
        run(settings(listen=listen))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("others", "say"),
    [
        ({"token": ""}, "needs a token"),
        ({"token": "short"}, "needs a token"),
        ({"token": "", "token_file": Path("/nowhere/token")}, "cannot be read"),
        ({"listen": "here"}, "HOST:PORT"),
        ({"tls_cert": Path("a.pem")}, "belong together"),
        ({"tls_cert": Path("a.pem"), "tls_key": Path("b.pem")}, "cannot be read"),
        ({"tls_cert": Path(__file__), "tls_key": Path(__file__)}, "no certificate"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings, others, say):
    with pytest.raises(BadInput, match=say):
        Server(settings(**others))


@pytest.mark.parametrize("name", ["data", "data/studio.sqlite3"])
def test_a_data_folder_that_cannot_be_used_is_said(settings, tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("something else, and longer than a database's header " * 4)
    with pytest.raises(BadInput, match="cannot be used"):
        Server(settings()).start()


def test_tls_beyond_loopback_with_token(start, tmp_path, shot):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    )
    alternatives = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command.split(), *alternatives, *files], check=True, capture_output=True)
    address = start(listen="0.0.0.0:0", tls_cert=cert, tls_key=key).address.replace("0.0.0.0", "127.0.0.1")
    with connect(address, TOKEN, tls_ca=cert) as client:
        assert len(client.render(shot(frames=(1, 2))).files) == 3
    with pytest.raises(NotAuthenticated):
        connect(address, "not-the-token-0123", tls_ca=cert)
    with pytest.raises(Unreachable):
        Client(address, TOKEN)  # plain text


def test_a_server_that_is_not_there_is_said_with_its_address():
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1\b.*pai-studio serve"):
        Client("127.0.0.1:1", TOKEN)


def test_a_server_of_another_version_is_refused(start):
    address = start().address

    class Older(Client):
        version = "0.9.0"

    with pytest.raises(VersionMismatch, match=r"0\.9\.0.*update"):
        Older(address, TOKEN)


@pytest.mark.parametrize(
    ("one", "other", "fine"),
    [("1.2.0", "1.3.9", True), ("1.2.0", "1.4.0", False), ("1.9.0", "2.0.0", False), ("1.2.0", "x", False)],
)
def test_versions_one_minor_apart_may_talk(one, other, fine):
    assert compatible(one, other) is compatible(other, one) is fine


def test_errors_cross_the_wire_whole(client):
    with pytest.raises(BadInput) as caught:
        client._connection.call(
            "CreateJob", pb.CreateJobRequest(request_id="00000000-0000-0000-0000-000000000000")
        )
    assert caught.value.what.startswith("is no JSON")
    assert (caught.value.where, caught.value.hint) == ("shot", "mend that place")
    assert status_of(caught.value) is grpc.StatusCode.INVALID_ARGUMENT
    assert error_metadata(caught.value)[0][0].endswith("-bin")


def test_the_watchers_have_a_limit_and_others_still_get_through(start, connected, shot, gate):
    client = connected(start(max_watchers=3, max_rpcs=16))
    name = client.submit(shot(gate=str(gate()))).name
    request = pb.WatchJobRequest(name=name)
    streams = [client._connection.stream("WatchJob", request) for _ in range(3)]
    for stream in streams:
        next(stream)
    with pytest.raises(OutOfResources, match="3 event streams"):
        next(client._connection.stream("WatchJob", request))
    assert client.info().active_jobs == 1
    for stream in streams:
        stream.close()
    client.cancel(name)


def test_calls_beyond_the_limit_are_refused_not_queued(start, connected, shot, gate):
    server = start(max_watchers=4, max_rpcs=4)
    client = connected(server)
    name = client.submit(shot(gate=str(gate()))).name
    streams = [client._connection.stream("WatchJob", pb.WatchJobRequest(name=name)) for _ in range(4)]
    for stream in streams:
        next(stream)
    with pytest.raises(OutOfResources):
        Client(server.address, TOKEN)
    for stream in streams:
        stream.close()


def test_a_full_queue_is_said(start, connected, shot, gate, until):
    client = connected(start(max_queued_jobs=1))
    document = shot(gate=str(gate()))
    first = client.submit(document).name
    until(lambda: client.job(first).state == "RUNNING")
    client.submit(document)
    with pytest.raises(OutOfResources, match="waiting already"):
        client.submit(document)


def test_shared_paths_need_roots(client, shot):
    with pytest.raises(NotAllowed, match="takes no shared paths"):
        client.submit(shot(), shared=True)


@pytest.mark.parametrize("kind", ["outside", "dots", "link", "relative", "unc", "nul", "backslash"])
def test_shared_paths_outside_the_roots_are_refused_whether_they_exist_or_not(
    start, connected, shot, tmp_path, kind
):
    root = tmp_path / "shots"
    client = connected(start(roots=(root,)))
    loaded = load(shot())
    secret = tmp_path / "secret"
    secret.mkdir()
    (root / "link").symlink_to(secret)
    bad = {
        "outside": f"{secret}/S.####.exr",
        "dots": f"{root}/../secret/S.####.exr",
        "link": f"{root}/link/S.####.exr",
        "relative": "plate/S.####.exr",
        "unc": "//server/share/S.####.exr",
        "nul": f"{root}/S\0.####.exr",
        "backslash": "\\\\server\\share\\S.####.exr",
    }[kind]
    moved = loaded.model_copy(update={"plate": loaded.plate.model_copy(update={"files": bad})})
    said = []
    for _ in range(2):
        with pytest.raises(NotAllowed) as caught:
            client.submit(moved, shared=True)
        said.append(str(caught.value))
        for frame in range(1001, 1005):  # now they exist: the answer stays the same
            (secret / f"S.{frame}.exr").write_bytes(b"secret")
    assert said[0] == said[1]


def test_a_link_put_in_place_after_the_check_is_not_followed(tmp_path):
    root, secret = tmp_path / "root", tmp_path / "secret"
    (root / "plate").mkdir(parents=True)
    secret.mkdir()
    (secret / "a.exr").write_bytes(b"secret")
    (root / "plate/a.exr").write_bytes(b"plate")

    class Raced(Roots):
        """An attacker who is quicker: the folder becomes a link right after it was found to be fine."""

        def _locate(self, text):
            found = super()._locate(text)
            (root / "plate").rename(root / "gone")
            (root / "plate").symlink_to(secret)
            return found

    with pytest.raises(NotAllowed, match="cannot be opened"):
        Raced([root]).open(str(root / "plate/a.exr"))


def test_a_span_of_frames_without_end_is_refused_at_once(shot):
    spec = pb.JobSpec(shot=load(shot()).to_json().encode(), frames=pb.FrameSpan(first=-(2**62), last=2**62))
    with pytest.raises(BadInput, match="do not all lie in the shot's 1001-1004"):
        checked_shot(spec)


def test_links_inside_a_root_are_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.exr").write_bytes(b"plate")
    (tmp_path / "alias").symlink_to(tmp_path / "real")
    descriptor = Roots([tmp_path]).open(str(tmp_path / "alias/a.exr"))
    assert os.read(descriptor, 10) == b"plate"
    os.close(descriptor)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotAllowed, match="no regular file"):
        Roots([tmp_path]).open(str(tmp_path / "pipe"))


def test_inputs_must_cover_the_shot_and_stay_inside(client, shot):
    document = load(shot())
    from pai_studio.server.api.inputs import gathered

    relative, _ = gathered(document)
    request = pb.CreateJobRequest(
        spec=pb.JobSpec(shot=relative.to_json().encode()), request_id="00000000-0000-0000-0000-000000000001"
    )
    with pytest.raises(MissingFrames, match=r"plate/S\.1001\.exr"):
        client._connection.call("CreateJob", request)
    request.spec.inputs.add(path="../../escape", digest="0" * 64)
    with pytest.raises(NotAllowed):
        client._connection.call("CreateJob", request)
    away = relative.model_copy(
        update={"delivery": relative.delivery.model_copy(update={"files": "../S.####.exr"})}
    )
    spec = pb.JobSpec(shot=away.to_json().encode())
    outside = pb.CreateJobRequest(spec=spec, request_id=request.request_id)
    with pytest.raises(NotAllowed):
        client._connection.call("CreateJob", outside)
    assert list(client.jobs()) == []
