"""The partners' people as a consumer of WatchMembers holds them, stored with the token that resumes after them.

What is told again after an older token changes nothing: events at or below the position held are ignored.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from partner.v1.contact_pb2 import ContactLink
from partner.v1.member_event_pb2 import EndedContacts, MemberEvent, MemberEventKind
from partner.v1.member_sync_service_pb2 import Synced, WatchMembersResponse

SYNCED, DETACHED, REMOVED = "SYNCED", "DETACHED", "REMOVED_AT_SOURCE"


@dataclass
class Snapshot:
    """A snapshot that has begun: of one partner's people, or of everybody where `partner` is empty."""

    partner: str
    position: int
    sent: list[str] = field(default_factory=list)

    def covers(self, key: str) -> bool:
        return not self.partner or home(key) == self.partner


@dataclass
class Roster:
    people: dict[str, dict[str, str]] = field(default_factory=dict)
    """By home account and member."""
    position: int = 0
    resume_token: str = ""
    snapshot: Snapshot | None = None

    @classmethod
    def load(cls, path: Path) -> "Roster":
        if not path.exists():
            return cls()
        stored = json.loads(path.read_text())
        snapshot = stored.pop("snapshot")
        return cls(**stored, snapshot=snapshot and Snapshot(**snapshot))

    def store(self, path: Path) -> None:
        """State and token in one step: a database would do it in one transaction."""
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self)))
        os.replace(beside, path)

    def apply(self, message: WatchMembersResponse) -> bool:
        """Takes in one message; answers whether it told anything new."""
        self.resume_token = message.resume_token
        match message.WhichOneof("payload"):
            case "snapshot_begin":
                self.snapshot = Snapshot("", message.snapshot_begin.position)
                return True
            case "contact":
                contact = message.contact
                # only a snapshot of everybody may go back behind what is held
                if message.position < self.position and not (self.snapshot and not self.snapshot.partner):
                    return False
                link = ContactLink.Name(contact.link).removeprefix("CONTACT_LINK_")
                self._put(contact.home_account_id, contact.member_id, contact.display_name, link)
                return True
            case "synced":
                return self._close(message.synced)
            case "event":
                return self._follow(message.event)
        return False

    def _put(self, account: str, member: str, name: str, link: str) -> None:
        key = f"{account}/{member}"
        self.people[key] = {"name": name, "link": link}
        if self.snapshot and self.snapshot.covers(key):
            self.snapshot.sent.append(key)

    def _close(self, synced: Synced) -> bool:
        snapshot = self.snapshot
        if not snapshot or (snapshot.partner, snapshot.position) != (synced.partner_account_id, synced.position):
            return False
        # whom the snapshot did not send is gone
        self.people = {
            key: person
            for key, person in self.people.items()
            if key in snapshot.sent or not snapshot.covers(key)
        }
        if not snapshot.partner:
            self.position = synced.position
        self.snapshot = None
        return True

    def _follow(self, event: MemberEvent) -> bool:
        is_new = event.position > self.position
        partner = event.partner_account_id
        kind = MemberEventKind.Name(event.kind).removeprefix("MEMBER_EVENT_KIND_")
        if kind == "PARTNER_ACTIVATED":
            # its people follow, perhaps for the second time if they had not all come
            is_open = self.snapshot and (self.snapshot.partner, self.snapshot.position) == (partner, event.position)
            if is_new or is_open:
                self.snapshot = Snapshot(partner, event.position)
        elif is_new and kind == "PARTNER_ENDED":
            self._end(partner, event.ended_contacts)
        elif is_new and event.HasField("member"):
            link = REMOVED if kind == "MEMBER_REMOVED" else SYNCED
            self._put(event.member.home_account_id, event.member.id, event.member.display_name, link)
        self.position = max(self.position, event.position)
        return is_new

    def _end(self, partner: str, contacts: EndedContacts) -> None:
        if self.snapshot and self.snapshot.partner == partner:
            self.snapshot = None
        theirs = [key for key in self.people if home(key) == partner]
        for key in theirs:
            match contacts:
                case EndedContacts.ENDED_CONTACTS_PURGED:
                    del self.people[key]
                case EndedContacts.ENDED_CONTACTS_REMOVED_AT_SOURCE:
                    self.people[key]["link"] = REMOVED
                case EndedContacts.ENDED_CONTACTS_DETACHED if self.people[key]["link"] == SYNCED:
                    self.people[key]["link"] = DETACHED


def home(key: str) -> str:
    return key.partition("/")[0]
