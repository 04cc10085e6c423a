/** One stream, however many connections it takes. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Metadata } from "@grpc/grpc-js";
import {
  MemberSyncServiceClient,
  WatchMembersRequest,
  type WatchMembersResponse,
} from "../gen/partner/v1/member_sync_service";
import { connection, isServiceError, refusalOf } from "./client";

const HEARTBEAT_S = 20;
/** After so much silence a stream is dead. */
const PATIENCE_MS = 3 * HEARTBEAT_S * 1_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
const TOKEN_OF_NO_USE = ["RESUME_TOKEN_INVALID", "RESUME_TOKEN_EXPIRED", "RESUME_TOKEN_DIVERGED"];
/** Asking again would be answered the same. */
const FINAL = [
  "PERMISSION_DENIED",
  "UNAUTHENTICATED",
  "NOT_FOUND",
  "INVALID_ARGUMENT",
  "FAILED_PRECONDITION",
  "UNIMPLEMENTED",
];

/**
 * Yields every message after `resumeToken`; where that is empty, a snapshot as fresh as `minPosition`, and more.
 *
 * Reconnects by itself, each time through a channel of its own, so that it may reach another replica. Throws only what
 * asking again cannot mend.
 */
export async function* follow(
  address: string,
  accountId: string,
  resumeToken: string,
  minPosition: bigint,
  metadata: Metadata,
): AsyncGenerator<WatchMembersResponse, never> {
  let ceiling = FIRST_WAIT_MS;
  for (;;) {
    const opened = Date.now();
    let why = "the stream ended";
    let asked = 0;
    try {
      for await (const message of once(address, request(accountId, resumeToken, minPosition), metadata)) {
        resumeToken = message.resumeToken;
        yield message;
      }
    } catch (error) {
      if (!isServiceError(error)) throw error;
      const { code, reason, message, retryDelay } = refusalOf(error);
      if (TOKEN_OF_NO_USE.includes(reason)) {
        [resumeToken, minPosition] = ["", 0n]; // begins with a snapshot, which replaces what is held
      } else if (FINAL.includes(code)) {
        throw error;
      }
      why = `${code} ${reason} ${message}`;
      asked = retryDelay;
    }
    // it stood for a while: all was well
    if (Date.now() - opened > LONGEST_WAIT_MS) ceiling = FIRST_WAIT_MS;
    // Full jitter: those who were connected to one replica do not come back together.
    const wait = asked + Math.random() * ceiling;
    ceiling = Math.min(2 * ceiling, LONGEST_WAIT_MS);
    console.error(`${why}; going on in ${Math.round(wait)} ms`);
    await sleep(wait);
  }
}

/** The messages of one stream, until it breaks off. */
async function* once(address: string, request: WatchMembersRequest, metadata: Metadata) {
  const client = new MemberSyncServiceClient(address, ...connection);
  metadata.setOptions({ waitForReady: false }); // waiting is the follower's
  const stream = client.watchMembers(request, metadata);
  stream.on("error", () => {}); // whoever hangs up hears of it after all: nobody listens then
  const silence = setTimeout(() => stream.cancel(), PATIENCE_MS);
  try {
    for await (const message of stream) {
      silence.refresh();
      yield message as WatchMembersResponse;
    }
  } finally {
    clearTimeout(silence);
    stream.cancel();
    client.close();
  }
}

function request(accountId: string, resumeToken: string, minPosition: bigint): WatchMembersRequest {
  return WatchMembersRequest.fromPartial({
    accountId,
    heartbeatInterval: { seconds: BigInt(HEARTBEAT_S) },
    minPosition: resumeToken ? 0n : minPosition,
    start: resumeToken ? { $case: "resumeToken", value: resumeToken } : { $case: "snapshot", value: {} },
  });
}
