/** What every caller of the service needs: a channel that retries as published, and refusals with their details. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ClientUnaryCall, credentials, type Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo, PreconditionFailure, RequestInfo, RetryInfo } from "../gen/google/rpc/error_details";
import { Status } from "../gen/google/rpc/status";

// [connect]
const serviceConfig = readFileSync("proto/partner/v1/service_config.json", "utf8");

/** What each client is made with: `new PartnerServiceClient(address, ...connection)`. */
export const connection = [
  credentials.createInsecure(),
  { "grpc.service_config": serviceConfig, "grpc.use_local_subchannel_pool": 1 },
] as const;
// [end]

type Unary<Q, A> = (
  request: Q,
  metadata: Metadata,
  options: object,
  callback: (error: ServiceError | null, answer: A) => void,
) => ClientUnaryCall;

/** The answer of a call as a promise. */
export function call<Q, A>(method: Unary<Q, A>, request: Q, metadata: Metadata): Promise<A> {
  // of the service config grpc-js takes all but this
  metadata.setOptions({ waitForReady: true });
  return new Promise((resolve, reject) => {
    method(request, metadata, {}, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

/** Why a call failed: decide on `code` and `reason`, show `message` to people. */
export interface Refusal {
  code: keyof typeof status;
  message: string;
  reason: string;
  metadata: Record<string, string>;
  badFields: { field: string; description: string }[];
  violations: string[];
  requestId: string;
  /** How many milliseconds the service asks to stay away. */
  retryDelay: number;
}

// [details]
export function refusalOf(error: ServiceError): Refusal {
  const refusal: Refusal = {
    code: status[error.code] as keyof typeof status,
    message: error.details,
    reason: "",
    metadata: {},
    badFields: [],
    violations: [],
    requestId: "",
    retryDelay: 0,
  };
  const [bytes] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!(bytes instanceof Buffer)) return refusal;
  for (const { typeUrl, value } of Status.decode(bytes).details) {
    switch (typeUrl.replace("type.googleapis.com/google.rpc.", "")) {
      case "ErrorInfo": {
        const { domain, reason, metadata } = ErrorInfo.decode(value);
        if (domain === "partner.v1") Object.assign(refusal, { reason, metadata });
        break;
      }
      case "BadRequest":
        refusal.badFields = BadRequest.decode(value).fieldViolations;
        break;
      case "PreconditionFailure":
        refusal.violations = PreconditionFailure.decode(value).violations.map(({ type }) => type);
        break;
      case "RequestInfo":
        refusal.requestId = RequestInfo.decode(value).requestId;
        break;
      case "RetryInfo": {
        const delay = RetryInfo.decode(value).retryDelay;
        refusal.retryDelay = delay ? Number(delay.seconds) * 1_000 + delay.nanos / 1_000_000 : 0;
      }
    }
  }
  return refusal;
}
// [end]

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "metadata" in error;
}
