/**
 * The partners' people as a consumer of WatchMembers holds them, stored with the token that resumes after them.
 * What is told again after an older token changes nothing: events at or below the position held are ignored.
 */

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { ContactLink } from "../gen/partner/v1/contact";
import { EndedContacts, type MemberEvent, MemberEventKind } from "../gen/partner/v1/member_event";
import type { Synced, WatchMembersResponse } from "../gen/partner/v1/member_sync_service";

interface Person {
  name: string;
  link: ContactLink;
}

/** A snapshot that has begun: of one partner's people, or of everybody where `partner` is empty. */
interface Snapshot {
  partner: string;
  position: bigint;
  sent: string[];
}

export class Roster {
  /** By home account and member. */
  people: Record<string, Person> = {};
  position = 0n;
  resumeToken = "";
  snapshot?: Snapshot;

  static load(path: string): Roster {
    const roster = new Roster();
    if (existsSync(path)) Object.assign(roster, JSON.parse(readFileSync(path, "utf8"), revive));
    return roster;
  }

  /** Keeps state and token in one step: a database would do it in one transaction. */
  store(path: string): void {
    writeFileSync(`${path}.new`, JSON.stringify(this, (_, value) => (typeof value === "bigint" ? `${value}` : value)));
    renameSync(`${path}.new`, path);
  }

  /** Takes in one message; answers whether it told anything new. */
  apply({ resumeToken, position, payload }: WatchMembersResponse): boolean {
    this.resumeToken = resumeToken;
    switch (payload?.$case) {
      case "snapshotBegin":
        this.snapshot = { partner: "", position: payload.value.position, sent: [] };
        return true;
      case "contact": {
        // only a snapshot of everybody may go back behind what is held
        if (position < this.position && this.snapshot?.partner !== "") return false;
        const { homeAccountId, memberId, displayName, link } = payload.value;
        this.put(homeAccountId, memberId, { name: displayName, link });
        return true;
      }
      case "synced":
        return this.close(payload.value);
      case "event":
        return this.follow(payload.value);
      default:
        return false;
    }
  }

  /** Whether somebody of that name is held, once no snapshot is under way. */
  has(name: string): boolean {
    return !this.snapshot && Object.values(this.people).some((person) => person.name === name);
  }

  private put(account: string, member: string, person: Person): void {
    const key = `${account}/${member}`;
    this.people[key] = person;
    this.snapshot?.sent.push(key);
  }

  private isOpen(partner: string, position: bigint): boolean {
    return this.snapshot?.partner === partner && this.snapshot.position === position;
  }

  private close({ partnerAccountId, position }: Synced): boolean {
    if (!this.snapshot || !this.isOpen(partnerAccountId, position)) return false;
    // whom the snapshot did not send is gone
    const sent = new Set(this.snapshot.sent);
    for (const key of Object.keys(this.people)) {
      if (key.startsWith(partnerAccountId) && !sent.has(key)) delete this.people[key];
    }
    if (!partnerAccountId) this.position = position;
    this.snapshot = undefined;
    return true;
  }

  private follow({ kind, position, partnerAccountId, member, endedContacts }: MemberEvent): boolean {
    const isNew = position > this.position;
    if (kind === MemberEventKind.MEMBER_EVENT_KIND_PARTNER_ACTIVATED) {
      // its people follow, perhaps for the second time if they had not all come
      if (isNew || this.isOpen(partnerAccountId, position)) {
        this.snapshot = { partner: partnerAccountId, position, sent: [] };
      }
    } else if (isNew && kind === MemberEventKind.MEMBER_EVENT_KIND_PARTNER_ENDED) {
      this.end(partnerAccountId, endedContacts);
    } else if (isNew && member) {
      const isGone = kind === MemberEventKind.MEMBER_EVENT_KIND_MEMBER_REMOVED;
      const link = isGone ? ContactLink.CONTACT_LINK_REMOVED_AT_SOURCE : ContactLink.CONTACT_LINK_SYNCED;
      this.put(member.homeAccountId, member.id, { name: member.displayName, link });
    }
    if (isNew) this.position = position;
    return isNew;
  }

  private end(partner: string, contacts: EndedContacts): void {
    if (this.snapshot?.partner === partner) this.snapshot = undefined;
    for (const [key, person] of Object.entries(this.people)) {
      if (!key.startsWith(partner)) continue;
      switch (contacts) {
        case EndedContacts.ENDED_CONTACTS_PURGED:
          delete this.people[key];
          break;
        case EndedContacts.ENDED_CONTACTS_REMOVED_AT_SOURCE:
          person.link = ContactLink.CONTACT_LINK_REMOVED_AT_SOURCE;
          break;
        case EndedContacts.ENDED_CONTACTS_DETACHED:
          if (person.link === ContactLink.CONTACT_LINK_SYNCED) person.link = ContactLink.CONTACT_LINK_DETACHED;
      }
    }
  }
}

/** JSON has no integers of 64 bits. */
function revive(name: string, value: unknown): unknown {
  return name === "position" ? BigInt(value as string) : value;
}
