/** A walk through the service: `walk.js STEP ADDRESS ..`, each step on a service of its own unless it says otherwise. */

import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Metadata } from "@grpc/grpc-js";
import { AccountServiceClient, CreateAccountRequest, GetAccountRequest, ListAccountsRequest, RegisterMemberRequest } from "../gen/partner/v1/account_service";
import { ContactLink } from "../gen/partner/v1/contact";
import { MemberProfile } from "../gen/partner/v1/member";
import { type MemberEvent, MemberEventKind } from "../gen/partner/v1/member_event";
import { ListMemberEventsRequest, MemberSyncServiceClient, type WatchMembersResponse } from "../gen/partner/v1/member_sync_service";
import {
  AcceptPartnershipRequest,
  GetPartnershipRequest,
  InvitePartnerRequest,
  ListPartnershipsRequest,
  PartnerServiceClient,
  RejectPartnershipRequest,
  ResendInvitationRequest,
} from "../gen/partner/v1/partner_service";
import { type Partnership, PartnershipAction, PartnershipState } from "../gen/partner/v1/partnership";
import { call, connection, isServiceError, refusalOf } from "./client";
import { follow } from "./follow";
import { Roster } from "./roster";

const AURORA = "aaaaaaaa-0000-4000-8000-000000000000";
const BOREALIS = "bbbbbbbb-0000-4000-8000-000000000000";
const { MEMBER_PROFILE_ADMINISTRATOR: MANAGER, MEMBER_PROFILE_OBSERVER: OBSERVER } = MemberProfile;
const PEOPLE = {
  Ann: { accountId: AURORA, id: "aaaaaaaa-0000-4000-8000-00000000000a", profile: MANAGER },
  Cy: { accountId: AURORA, id: "aaaaaaaa-0000-4000-8000-00000000000c", profile: OBSERVER },
  Bo: { accountId: BOREALIS, id: "bbbbbbbb-0000-4000-8000-00000000000b", profile: MANAGER },
  Di: { accountId: BOREALIS, id: "bbbbbbbb-0000-4000-8000-00000000000d", profile: OBSERVER },
  Ed: { accountId: BOREALIS, id: "bbbbbbbb-0000-4000-8000-00000000000e", profile: OBSERVER },
  Flo: { accountId: BOREALIS, id: "bbbbbbbb-0000-4000-8000-00000000000f", profile: OBSERVER },
};
type Name = keyof typeof PEOPLE;

// [credentials]
/** Metadata for a service with `--auth jwt`. */
function bearer(token?: string): Metadata {
  const metadata = new Metadata();
  if (token) metadata.set("authorization", `Bearer ${token}`);
  return metadata;
}

const operator = bearer(process.env.PARTNER_TOKEN);

/** The operator, acting for a member. */
function as(name: Name): Metadata {
  const metadata = operator.clone();
  metadata.set("x-member-id", PEOPLE[name].id);
  return metadata;
}
// [end]

class Walk {
  readonly accounts: AccountServiceClient;
  readonly partners: PartnerServiceClient;
  readonly sync: MemberSyncServiceClient;

  constructor(readonly address: string) {
    this.accounts = new AccountServiceClient(address, ...connection);
    this.partners = new PartnerServiceClient(address, ...connection);
    this.sync = new MemberSyncServiceClient(address, ...connection);
  }

  // [invite]
  /** The id of the invitation, which may have been sent before. */
  async invite(inviteeEmail: string, caller: Metadata): Promise<string> {
    // The request id makes it safe to repeat: a retry after a lost answer does nothing twice.
    const request = InvitePartnerRequest.fromPartial({ accountId: AURORA, inviteeEmail, requestId: randomUUID() });
    try {
      const { partnership } = await call(this.partners.invitePartner.bind(this.partners), request, caller);
      return partnership!.id;
    } catch (error) {
      if (!isServiceError(error)) throw error;
      const { reason, metadata } = refusalOf(error);
      if (reason !== "DUPLICATE_INVITATION") throw error;
      return metadata.partnership_id!;
    }
  }
  // [end]

  /** Registers members; the position of the last. */
  async register(...names: Name[]): Promise<bigint> {
    let position = 0n;
    for (const name of names) {
      const { accountId, id, profile } = PEOPLE[name];
      const domain = accountId === AURORA ? "aurora.example" : "borealis.example";
      const request = RegisterMemberRequest.fromPartial({
        accountId,
        member: { id, email: `${name.toLowerCase()}@${domain}`, displayName: name, profile },
        requestId: randomUUID(),
      });
      const answer = await call(this.accounts.registerMember.bind(this.accounts), request, operator);
      position = answer.position;
    }
    return position;
  }

  async openAccounts(): Promise<void> {
    for (const [id, displayName] of [[AURORA, "Aurora Proofs"], [BOREALIS, "Borealis Print"]]) {
      const request = CreateAccountRequest.fromPartial({ account: { id, displayName }, requestId: randomUUID() });
      const { account } = await call(this.accounts.createAccount.bind(this.accounts), request, operator);
      console.log(`created ${account!.displayName}`);
    }
    await this.register("Ann", "Cy", "Bo");
  }

  /** Prints the one partnership on the member's side. */
  async printSeenBy(name: Name, caller = as(name)): Promise<void> {
    const request = ListPartnershipsRequest.fromPartial({ accountId: PEOPLE[name].accountId });
    const { partnerships } = await call(this.partners.listPartnerships.bind(this.partners), request, caller);
    console.log(`${name} sees ${told(partnerships[0]!)}`);
  }

  /** The position as of which they are. */
  async becomePartners(): Promise<bigint> {
    await this.openAccounts();
    const partnershipId = await this.invite("bo@borealis.example", as("Ann"));
    await this.printSeenBy("Ann");
    if ((await this.invite("bo@borealis.example", as("Ann"))) === partnershipId) {
      console.log("invited again: it is the same partnership");
    }
    await this.printSeenBy("Bo");
    const request = AcceptPartnershipRequest.fromPartial({ accountId: BOREALIS, partnershipId, requestId: randomUUID() });
    const { position } = await call(this.partners.acceptPartnership.bind(this.partners), request, as("Bo"));
    await this.printSeenBy("Ann");
    console.log(`partners as of position ${position}`);
    return position;
  }

  async refusals(): Promise<void> {
    await this.openAccounts();
    const invite = (name: Name, inviteeEmail: string, message = "") => {
      const request = InvitePartnerRequest.fromPartial({ accountId: AURORA, inviteeEmail, message });
      return call(this.partners.invitePartner.bind(this.partners), request, as(name));
    };
    await refused(invite("Ann", "nobody", "x".repeat(1001)));
    await refused(invite("Cy", "bo@borealis.example"));
    const { partnership } = await invite("Ann", "bo@borealis.example");
    const partnershipId = partnership!.id;
    await refused(invite("Ann", "bo@borealis.example"));
    const resend = ResendInvitationRequest.fromPartial({ accountId: AURORA, partnershipId });
    await refused(call(this.partners.resendInvitation.bind(this.partners), resend, as("Ann")));
    const reject = RejectPartnershipRequest.fromPartial({ accountId: BOREALIS, partnershipId });
    await call(this.partners.rejectPartnership.bind(this.partners), reject, as("Bo"));
    await refused(invite("Ann", "bo@borealis.example"));
    const get = GetPartnershipRequest.fromPartial({ accountId: AURORA, partnershipId: AURORA });
    await refused(call(this.partners.getPartnership.bind(this.partners), get, as("Ann")));
  }

  async watch(): Promise<void> {
    const position = await this.becomePartners();
    const folder = mkdtempSync(join(tmpdir(), "walk-"));
    const path = join(folder, "roster.json");
    try {
      await this.followUntilHeld(path, "Bo", position);
      const { resumeToken } = Roster.load(path);
      await this.register("Di");
      await this.followUntilHeld(path, "Di");
      console.log("stopped; while nobody watches, Ed is registered");
      await this.register("Ed");
      await this.followUntilHeld(path, "Ed");

      // As if the token had not been stored since the snapshot: all is told again, and changes nothing.
      const roster = Roster.load(path);
      roster.resumeToken = resumeToken;
      roster.store(path);
      await this.register("Flo");
      await this.followUntilHeld(path, "Flo");
      const held = Object.values(Roster.load(path).people).map(
        ({ name, link }) => `${name} ${ContactLink[link]!.replace("CONTACT_LINK_", "")}`,
      );
      console.log(`holds ${held.sort().join(", ")}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Follows Borealis' people on Aurora's side, from where the stored roster ends, or as of a position. */
  async followUntilHeld(path: string, name: string, position = 0n): Promise<void> {
    const roster = Roster.load(path);
    // [watch]
    for await (const message of follow(this.address, AURORA, roster.resumeToken, position, as("Ann"))) {
      const isNew = roster.apply(message);
      roster.store(path);
      // [end]
      const line = describe(message);
      if (line) console.log(isNew ? line : `${line}, which is known`);
      if (roster.has(name)) return;
    }
  }

  async page(): Promise<void> {
    await this.becomePartners();
    const token = await this.printPages("", await this.register("Di", "Ed"));
    const position = await this.register("Flo");
    console.log("later, from the token of the last page");
    await this.printPages(token, position);
  }

  /** Prints the events after the token, two a page; what was written by `minPosition` is among them. */
  async printPages(resumeToken: string, minPosition: bigint): Promise<string> {
    // [page]
    for (let hasMore = true; hasMore; ) {
      const request = ListMemberEventsRequest.fromPartial({ accountId: AURORA, resumeToken, pageSize: 2, minPosition });
      const page = await call(this.sync.listMemberEvents.bind(this.sync), request, as("Ann"));
      ({ resumeToken, hasMore } = page);
      // [end]
      if (page.events.length > 2) throw new Error("the page is longer than asked for");
      for (const event of page.events) console.log(eventLine(event));
    }
    return resumeToken;
  }

  /** On a service that answers nothing but UNAVAILABLE. */
  async insist(): Promise<void> {
    const request = GetAccountRequest.fromPartial({ accountId: AURORA });
    for (let time = 0; time < 3; time++) {
      await refused(call(this.accounts.getAccount.bind(this.accounts), request, operator));
    }
  }

  /** Once they are partners, on a service with `--auth jwt`. */
  async tokens(): Promise<void> {
    const request = ListPartnershipsRequest.fromPartial({ accountId: BOREALIS });
    await refused(call(this.partners.listPartnerships.bind(this.partners), request, new Metadata()));
    const bo = bearer(process.env.PARTNER_MEMBER_TOKEN);
    await this.printSeenBy("Bo", bo);
    const list = ListAccountsRequest.fromPartial({});
    await refused(call(this.accounts.listAccounts.bind(this.accounts), list, bo));
  }
}

function told({ allowedActions, state, partnerDisplayName, inviteeEmail }: Partnership): string {
  const actions = allowedActions.map((action) => PartnershipAction[action]!.replace("PARTNERSHIP_ACTION_", ""));
  const seen = PartnershipState[state]!.replace("PARTNERSHIP_STATE_", "");
  return `${partnerDisplayName || inviteeEmail}: ${seen}, may ${actions.join(" ")}`;
}

/** Prints why the call was refused, with every detail. */
async function refused(call: Promise<unknown>): Promise<void> {
  const error = await call.then(() => new Error("the call was not refused"), (error: unknown) => error);
  if (!isServiceError(error)) throw error;
  const refusal = refusalOf(error);
  console.log(`${refusal.code} ${refusal.reason}`);
  for (const { field, description } of refusal.badFields) console.log(`  field ${field} ${description}`);
  for (const [name, value] of Object.entries(refusal.metadata).sort()) console.log(`  ${name} = ${value}`);
  for (const violation of refusal.violations) console.log(`  violated ${violation}`);
  if (refusal.retryDelay) console.log(`  worth another try within ${Math.ceil(refusal.retryDelay / 60_000)} min`);
  if (!refusal.requestId) console.log("  without a request id");
}

function describe({ payload }: WatchMembersResponse): string | undefined {
  switch (payload?.$case) {
    case "snapshotBegin":
      return "snapshot";
    case "contact":
      return `contact ${payload.value.displayName}`;
    case "synced":
      return "synced";
    case "event":
      return eventLine(payload.value);
  }
}

function eventLine({ kind, member }: MemberEvent): string {
  return `${MemberEventKind[kind]!.replace("MEMBER_EVENT_KIND_", "")} ${member?.displayName ?? ""}`.trimEnd();
}

async function main(): Promise<void> {
  const [step = "", address = "", ...rest] = process.argv.slice(2);
  const walk = new Walk(address);
  const steps: Record<string, () => Promise<unknown>> = {
    invite: () => walk.becomePartners(),
    refusals: () => walk.refusals(),
    watch: () => walk.watch(),
    page: () => walk.page(),
    insist: () => walk.insist(),
    tokens: () => walk.tokens(),
    hire: () => walk.register(...(rest as Name[])),
    follow: () => walk.followUntilHeld(rest[0]!, rest[1]!, BigInt(rest[2]!)),
  };
  await steps[step]!();
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
