"""What every caller of the service needs: a channel that retries as published, and refusals with their details."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

# [connect]
SERVICE_CONFIG = Path("proto/partner/v1/service_config.json")


def connect(address: str) -> grpc.aio.Channel:
    """A channel of its own, with the published timeouts and retries."""
    options = [
        ("grpc.service_config", SERVICE_CONFIG.read_text()),
        ("grpc.use_local_subchannel_pool", 1),
    ]
    return grpc.aio.insecure_channel(address, options=options)
# [end]


@dataclass
class Refusal:
    """Why a call failed: decide on `code` and `reason`, show `message` to people."""

    code: grpc.StatusCode
    message: str
    reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    bad_fields: dict[str, str] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    request_id: str = ""
    retry_delay: float = 0.0
    """How many seconds the service asks to stay away."""

    # [details]
    @classmethod
    def of(cls, error: grpc.aio.AioRpcError) -> "Refusal":
        refusal = cls(error.code(), error.details() or "")
        status = rpc_status.from_call(error)
        for detail in status.details if status else []:
            for kind in KINDS:
                if detail.Is(kind.DESCRIPTOR):
                    message = kind()
                    detail.Unpack(message)
                    refusal._take(message)
        return refusal

    def _take(self, detail) -> None:
        match detail:
            case error_details_pb2.ErrorInfo(domain="partner.v1"):
                self.reason, self.metadata = detail.reason, dict(detail.metadata)
            case error_details_pb2.BadRequest():
                self.bad_fields = {bad.field: bad.description for bad in detail.field_violations}
            case error_details_pb2.PreconditionFailure():
                self.violations = [violation.type for violation in detail.violations]
            case error_details_pb2.RetryInfo():
                self.retry_delay = detail.retry_delay.ToTimedelta().total_seconds()
            case error_details_pb2.RequestInfo():
                self.request_id = detail.request_id
    # [end]


KINDS = [
    error_details_pb2.ErrorInfo,
    error_details_pb2.BadRequest,
    error_details_pb2.PreconditionFailure,
    error_details_pb2.RetryInfo,
    error_details_pb2.RequestInfo,
]


def log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
