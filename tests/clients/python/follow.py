"""One stream, however many connections it takes."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable

import grpc
from client import Refusal, log
from google.protobuf.duration_pb2 import Duration
from google.protobuf.empty_pb2 import Empty
from partner.v1.member_sync_service_pb2 import WatchMembersRequest, WatchMembersResponse
from partner.v1.member_sync_service_pb2_grpc import MemberSyncServiceStub

HEARTBEAT = 20
PATIENCE = 3 * HEARTBEAT  # seconds of silence after which a stream is dead
FIRST_WAIT, LONGEST_WAIT = 0.25, 30.0
TOKEN_OF_NO_USE = {"RESUME_TOKEN_INVALID", "RESUME_TOKEN_EXPIRED", "RESUME_TOKEN_DIVERGED"}
# Asking again would be answered the same.
FINAL = {
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNIMPLEMENTED,
}


async def follow(
    connect: Callable[[], grpc.aio.Channel],
    account_id: str,
    resume_token: str,
    min_position: int,
    metadata: list[tuple[str, str]],
) -> AsyncIterator[WatchMembersResponse]:
    """Yields every message after `resume_token`; where that is empty, a snapshot as fresh as `min_position`, and more.

    Reconnects by itself, each time through a channel of its own, so that it may reach another replica. Raises only
    what asking again cannot mend.
    """
    ceiling = FIRST_WAIT
    while True:
        opened = asyncio.get_running_loop().time()
        try:
            async with connect() as channel:
                stream = MemberSyncServiceStub(channel).WatchMembers(
                    request(account_id, resume_token, min_position), metadata=metadata
                )
                while message := await asyncio.wait_for(stream.read(), PATIENCE):
                    resume_token = message.resume_token
                    yield message
            refusal = Refusal(grpc.StatusCode.UNAVAILABLE, "the stream ended")
        except grpc.aio.AioRpcError as error:
            refusal = Refusal.of(error)
            if refusal.reason in TOKEN_OF_NO_USE:
                resume_token, min_position = "", 0  # begins with a snapshot, which replaces what is held
            elif refusal.code in FINAL:
                raise
        except asyncio.TimeoutError:
            refusal = Refusal(grpc.StatusCode.UNAVAILABLE, f"nothing was heard for {PATIENCE} s")
        if asyncio.get_running_loop().time() - opened > LONGEST_WAIT:
            ceiling = FIRST_WAIT  # it stood for a while: all was well
        # Full jitter: those who were connected to one replica do not come back together.
        wait = refusal.retry_delay + random.uniform(0, ceiling)
        ceiling = min(2 * ceiling, LONGEST_WAIT)
        log(f"{refusal.code.name} {refusal.reason} {refusal.message}; going on in {wait:.1f} s")
        await asyncio.sleep(wait)


def request(account_id: str, resume_token: str, min_position: int) -> WatchMembersRequest:
    heartbeat = Duration(seconds=HEARTBEAT)
    if resume_token:
        return WatchMembersRequest(
            account_id=account_id, resume_token=resume_token, heartbeat_interval=heartbeat
        )
    return WatchMembersRequest(
        account_id=account_id, snapshot=Empty(), heartbeat_interval=heartbeat, min_position=min_position
    )
