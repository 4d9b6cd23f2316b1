"""The wire's description: generated code is what the proto makes, and nothing that was released changes."""

from __future__ import annotations

import shutil
from pathlib import Path

from google.protobuf import descriptor, descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

from pai_studio.server.api import studio_pb2 as pb
from pai_studio.server.api.generate import PROTO, generate

API = Path(__file__).resolve().parents[2] / "server" / "api"
GOLDEN = Path(__file__).with_name("api_golden.txt")


def test_the_committed_code_is_what_the_proto_makes(tmp_path):
    (tmp_path / "src" / PROTO).parent.mkdir(parents=True)
    shutil.copy(API / "studio.proto", tmp_path / "src" / PROTO)
    made = generate(tmp_path / "src", tmp_path / "src")
    assert {path.name: path.read_text() for path in made} == {
        path.name: path.read_text() for path in API.glob("studio_pb2*")
    }


def described(file: descriptor.FileDescriptor) -> list[str]:
    """Every fact of the API that a released client relies on, one a line."""
    lines = []
    for service in file.services_by_name.values():
        for method in service.methods:
            kinds = ["stream" * method.client_streaming, "stream" * method.server_streaming]
            given, answer = method.input_type.full_name, method.output_type.full_name
            lines.append(f"rpc {method.full_name}({kinds[0]} {given}) returns ({kinds[1]} {answer})")
    waiting = list(file.message_types_by_name.values())
    enums = list(file.enum_types_by_name.values())
    while waiting:
        message = waiting.pop()
        waiting += message.nested_types
        enums += message.enum_types
        for field in message.fields:
            kind = field.message_type or field.enum_type
            named = kind.full_name if kind else f"type {field.type}"
            many = "repeated " * field.is_repeated + "optional " * field.has_presence
            lines.append(f"field {field.full_name} = {field.number}: {many}{named}")
    lines += [f"value {enum.full_name}.{one.name} = {one.number}" for enum in enums for one in enum.values]
    return sorted(lines)


def test_nothing_that_was_released_changes():
    """When this fails, a client of the last version would break: add fields, leave the old ones as they are."""
    now = set(described(pb.DESCRIPTOR))
    assert [line for line in GOLDEN.read_text().splitlines() if line not in now] == []


def test_the_golden_file_knows_all_there_is():
    """When this fails, write `described(pb.DESCRIPTOR)` to the golden file: what is new is a promise from now on."""
    assert GOLDEN.read_text().splitlines() == described(pb.DESCRIPTOR)


def test_a_client_that_knows_no_previews_reads_the_rest():
    old = descriptor_pb2.FileDescriptorProto()
    pb.DESCRIPTOR.CopyToProto(old)
    (event,) = [message for message in old.message_type if message.name == "JobEvent"]
    kept = [field for field in event.field if field.name != "preview"]
    assert len(kept) == 11
    del event.field[:]
    event.field.extend(kept)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(old)
    older = message_factory.GetMessageClass(pool.FindMessageTypeByName("pai_studio.v1.JobEvent"))
    sent = pb.JobEvent(seq=7, state=pb.RUNNING, phase="sample", done=12, total=60, preview=b"a picture")
    got = older.FromString(sent.SerializeToString())
    assert (got.seq, got.state, got.phase, got.done, got.total) == (7, pb.RUNNING, "sample", 12, 60)
