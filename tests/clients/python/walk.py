"""A walk through the service: `walk.py STEP ADDRESS ..`, each step on a service of its own unless it says otherwise."""

import asyncio
import os
import sys
import tempfile
import uuid
from contextlib import aclosing
from math import ceil
from pathlib import Path

import grpc
from client import Refusal, connect
from follow import follow
from partner.v1 import (
    account_service_pb2 as accounts_pb,
    member_sync_service_pb2 as sync_pb,
    partner_service_pb2 as partners_pb,
)
from partner.v1.account_pb2 import Account
from partner.v1.account_service_pb2_grpc import AccountServiceStub
from partner.v1.member_event_pb2 import MemberEvent, MemberEventKind
from partner.v1.member_pb2 import Member, MemberProfile
from partner.v1.member_sync_service_pb2_grpc import MemberSyncServiceStub
from partner.v1.partner_service_pb2_grpc import PartnerServiceStub
from partner.v1.partnership_pb2 import Partnership, PartnershipAction, PartnershipState
from roster import Roster

AURORA = "aaaaaaaa-0000-4000-8000-000000000000"
BOREALIS = "bbbbbbbb-0000-4000-8000-000000000000"
PEOPLE = {
    "Ann": (AURORA, "aaaaaaaa-0000-4000-8000-00000000000a"),
    "Cy": (AURORA, "aaaaaaaa-0000-4000-8000-00000000000c"),
    "Bo": (BOREALIS, "bbbbbbbb-0000-4000-8000-00000000000b"),
    "Di": (BOREALIS, "bbbbbbbb-0000-4000-8000-00000000000d"),
    "Ed": (BOREALIS, "bbbbbbbb-0000-4000-8000-00000000000e"),
    "Flo": (BOREALIS, "bbbbbbbb-0000-4000-8000-00000000000f"),
}
MANAGERS = {"Ann", "Bo"}


# [credentials]
def bearer(token: str | None) -> list[tuple[str, str]]:
    """Metadata for a service with `--auth jwt`."""
    return [("authorization", f"Bearer {token}")] if token else []


OPERATOR = bearer(os.environ.get("PARTNER_TOKEN"))


def member(name: str) -> list[tuple[str, str]]:
    """The operator, acting for a member."""
    _, member_id = PEOPLE[name]
    return [*OPERATOR, ("x-member-id", member_id)]
# [end]


class Walk:
    def __init__(self, address: str, channel: grpc.aio.Channel):
        self.address = address
        self.accounts = AccountServiceStub(channel)
        self.partners = PartnerServiceStub(channel)
        self.sync = MemberSyncServiceStub(channel)

    # [invite]
    async def invite(self, email: str, caller: list[tuple[str, str]]) -> str:
        """The id of the invitation, which may have been sent before."""
        # The request id makes it safe to repeat: a retry after a lost answer does nothing twice.
        request = partners_pb.InvitePartnerRequest(
            account_id=AURORA, invitee_email=email, request_id=str(uuid.uuid4())
        )
        try:
            answer = await self.partners.InvitePartner(request, metadata=caller)
            return answer.partnership.id
        except grpc.aio.AioRpcError as error:
            refusal = Refusal.of(error)
            if refusal.reason == "DUPLICATE_INVITATION":
                return refusal.metadata["partnership_id"]
            raise
    # [end]

    async def register(self, *names: str) -> int:
        """Registers members; the position of the last."""
        position = 0
        for name in names:
            account_id, member_id = PEOPLE[name]
            profile = MemberProfile.MEMBER_PROFILE_ADMINISTRATOR
            if name not in MANAGERS:
                profile = MemberProfile.MEMBER_PROFILE_OBSERVER
            domain = "aurora.example" if account_id == AURORA else "borealis.example"
            request = accounts_pb.RegisterMemberRequest(
                account_id=account_id,
                member=Member(
                    id=member_id, email=f"{name.lower()}@{domain}", display_name=name, profile=profile
                ),
                request_id=str(uuid.uuid4()),
            )
            answer = await self.accounts.RegisterMember(request, metadata=OPERATOR)
            position = answer.position
        return position

    async def open_accounts(self) -> None:
        for account_id, name in [(AURORA, "Aurora Proofs"), (BOREALIS, "Borealis Print")]:
            request = accounts_pb.CreateAccountRequest(
                account=Account(id=account_id, display_name=name), request_id=str(uuid.uuid4())
            )
            answer = await self.accounts.CreateAccount(request, metadata=OPERATOR)
            print(f"created {answer.account.display_name}")
        await self.register("Ann", "Cy", "Bo")

    async def seen_by(self, name: str) -> Partnership:
        """The one partnership on the member's side."""
        account_id, _ = PEOPLE[name]
        request = partners_pb.ListPartnershipsRequest(account_id=account_id)
        answer = await self.partners.ListPartnerships(request, metadata=member(name))
        [partnership] = answer.partnerships
        return partnership

    async def become_partners(self) -> int:
        """The position as of which they are."""
        await self.open_accounts()
        partnership_id = await self.invite("bo@borealis.example", member("Ann"))
        print(f"Ann sees {told(await self.seen_by('Ann'))}")
        if await self.invite("bo@borealis.example", member("Ann")) == partnership_id:
            print("invited again: it is the same partnership")
        print(f"Bo sees {told(await self.seen_by('Bo'))}")
        request = partners_pb.AcceptPartnershipRequest(
            account_id=BOREALIS, partnership_id=partnership_id, request_id=str(uuid.uuid4())
        )
        position = (await self.partners.AcceptPartnership(request, metadata=member("Bo"))).position
        print(f"Ann sees {told(await self.seen_by('Ann'))}")
        print(f"partners as of position {position}")
        return position

    async def refusals(self) -> None:
        await self.open_accounts()
        invite, invitation = self.partners.InvitePartner, partners_pb.InvitePartnerRequest
        wrong = invitation(account_id=AURORA, invitee_email="nobody", message="x" * 1001)
        await refused(invite(wrong, metadata=member("Ann")))
        right = invitation(account_id=AURORA, invitee_email="bo@borealis.example")
        await refused(invite(right, metadata=member("Cy")))
        sent = (await invite(right, metadata=member("Ann"))).partnership
        await refused(invite(right, metadata=member("Ann")))
        mine = {"account_id": AURORA, "partnership_id": sent.id}
        resend = partners_pb.ResendInvitationRequest(**mine)
        await refused(self.partners.ResendInvitation(resend, metadata=member("Ann")))
        reject = partners_pb.RejectPartnershipRequest(account_id=BOREALIS, partnership_id=sent.id)
        await self.partners.RejectPartnership(reject, metadata=member("Bo"))
        await refused(invite(right, metadata=member("Ann")))
        get = partners_pb.GetPartnershipRequest(account_id=AURORA, partnership_id=AURORA)
        await refused(self.partners.GetPartnership(get, metadata=member("Ann")))

    async def watch(self) -> None:
        position = await self.become_partners()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "roster.json")
            await self.follow_until_held(path, "Bo", position)
            first = Roster.load(path)
            await self.register("Di")
            await self.follow_until_held(path, "Di")
            print("stopped; while nobody watches, Ed is registered")
            await self.register("Ed")
            await self.follow_until_held(path, "Ed")

            # As if the token had not been stored since the snapshot: all is told again, and changes nothing.
            roster = Roster.load(path)
            roster.resume_token = first.resume_token
            roster.store(path)
            await self.register("Flo")
            await self.follow_until_held(path, "Flo")
            held = [f"{person['name']} {person['link']}" for person in Roster.load(path).people.values()]
            print(f"holds {', '.join(sorted(held))}")

    async def follow_until_held(self, path: Path, name: str, position: int = 0) -> None:
        """Follows Borealis' people on Aurora's side, from where the stored roster ends, or as of a position."""
        roster = Roster.load(path)
        # [watch]
        messages = follow(lambda: connect(self.address), AURORA, roster.resume_token, position, member("Ann"))
        async with aclosing(messages):
            async for message in messages:
                is_new = roster.apply(message)
                roster.store(path)
                # [end]
                if line := describe(message):
                    print(line if is_new else f"{line}, which is known", flush=True)
                if not roster.snapshot and any(person["name"] == name for person in roster.people.values()):
                    return

    async def page(self) -> None:
        await self.become_partners()
        position = await self.register("Di", "Ed")
        token = await self.print_pages("", position)
        position = await self.register("Flo")
        print("later, from the token of the last page")
        await self.print_pages(token, position)

    async def print_pages(self, token: str, min_position: int) -> str:
        """Prints the events after the token, two a page; what was written by `min_position` is among them."""
        # [page]
        has_more = True
        while has_more:
            request = sync_pb.ListMemberEventsRequest(
                account_id=AURORA, resume_token=token, page_size=2, min_position=min_position
            )
            answer = await self.sync.ListMemberEvents(request, metadata=member("Ann"))
            token, has_more = answer.resume_token, answer.has_more
            # [end]
            assert len(answer.events) <= 2
            for event in answer.events:
                print(event_line(event))
        return token

    async def insist(self) -> None:
        """On a service that answers nothing but UNAVAILABLE."""
        for _ in range(3):
            request = accounts_pb.GetAccountRequest(account_id=AURORA)
            await refused(self.accounts.GetAccount(request, metadata=OPERATOR))

    async def tokens(self) -> None:
        """Once they are partners, on a service with `--auth jwt`."""
        request = partners_pb.ListPartnershipsRequest(account_id=BOREALIS)
        await refused(self.partners.ListPartnerships(request))
        bo = bearer(os.environ["PARTNER_MEMBER_TOKEN"])
        [partnership] = (await self.partners.ListPartnerships(request, metadata=bo)).partnerships
        print(f"Bo sees {told(partnership)}")
        await refused(self.accounts.ListAccounts(accounts_pb.ListAccountsRequest(), metadata=bo))


def told(partnership: Partnership) -> str:
    actions = [
        PartnershipAction.Name(action).removeprefix("PARTNERSHIP_ACTION_")
        for action in partnership.allowed_actions
    ]
    state = PartnershipState.Name(partnership.state).removeprefix("PARTNERSHIP_STATE_")
    partner = partnership.partner_display_name or partnership.invitee_email
    return f"{partner}: {state}, may {' '.join(actions)}"


async def refused(call: grpc.aio.UnaryUnaryCall) -> None:
    """Prints why the call was refused, with every detail."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        refusal = Refusal.of(error)
    else:
        raise AssertionError("the call was not refused")
    print(refusal.code.name, refusal.reason)
    for name, description in refusal.bad_fields.items():
        print(f"  field {name} {description}")
    for name, value in sorted(refusal.metadata.items()):
        print(f"  {name} = {value}")
    for violation in refusal.violations:
        print(f"  violated {violation}")
    if refusal.retry_delay:
        print(f"  worth another try within {ceil(refusal.retry_delay / 60)} min")
    if not refusal.request_id:
        print("  without a request id")


def describe(message: sync_pb.WatchMembersResponse) -> str | None:
    match message.WhichOneof("payload"):
        case "snapshot_begin":
            return "snapshot"
        case "contact":
            return f"contact {message.contact.display_name}"
        case "synced":
            return "synced"
        case "event":
            return event_line(message.event)
    return None


def event_line(event: MemberEvent) -> str:
    kind = MemberEventKind.Name(event.kind).removeprefix("MEMBER_EVENT_KIND_")
    return f"{kind} {event.member.display_name}".rstrip()


async def main() -> None:
    step, address, *rest = sys.argv[1:]
    async with connect(address) as channel:
        walk = Walk(address, channel)
        steps = {
            "invite": walk.become_partners,
            "refusals": walk.refusals,
            "watch": walk.watch,
            "page": walk.page,
            "insist": walk.insist,
            "tokens": walk.tokens,
            "hire": lambda: walk.register(*rest),
            "follow": lambda: walk.follow_until_held(Path(rest[0]), rest[1], int(rest[2])),
        }
        await steps[step]()


if __name__ == "__main__":
    asyncio.run(main())
