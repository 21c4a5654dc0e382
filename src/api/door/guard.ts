import { timingSafeEqual } from "node:crypto";
import { ErrorCode } from "../../spec/index.ts";
import { Refusal } from "../question/index.ts";

/** Where a door stands: what requests through it have to say. */
export type DoorAddress =
  /** A loopback address with a port: Host is that very one. */
  | { readonly kind: "address"; readonly host: string }
  /** A Unix socket: whatever leads there, such as `ssh -L`, has a loopback name of its own. */
  | { readonly kind: "socket" };

const LOOPBACK = /^(?:localhost|127\.0\.0\.1)(?::\d{1,5})?$/u;

/**
 * Refuses what another page, another machine or another user could ask: a name that leads here is not
 * this host, and a page that is not ours is another origin.
 * @throws Refusal
 */
export function guard(request: Request, place: DoorAddress): void {
  const host = request.headers.get("host") ?? "";
  const isHost = place.kind === "address" ? host === place.host : LOOPBACK.test(host);
  if (!isHost) throw refusal(403, "the Host of this request is not this program's address");
  const origin = request.headers.get("origin");
  if (origin !== null && origin !== `http://${host}`) {
    throw refusal(403, "this request is of a page that is not this program's");
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw refusal(405, `${request.method} is not for this: nothing can be changed here`);
  }
}

const SCHEME = /^Bearer ([\w-]{1,256})$/u;

/** @throws Refusal for a request without the token */
export function requireToken(request: Request, token: string): void {
  const [, given = ""] = SCHEME.exec(request.headers.get("authorization") ?? "") ?? [];
  // Of equal length, so that the time of the comparison says nothing.
  if (timingSafeEqual(digest(given), digest(token))) return;
  throw refusal(401, "this needs the token that the command has printed");
}

/** A token that cannot be guessed: 256 bits, in letters that an address may have. */
export function newToken(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
}

function digest(text: string): Buffer {
  return new Bun.CryptoHasher("sha256").update(text).digest();
}

function refusal(status: number, text: string): Refusal {
  return new Refusal(status, ErrorCode.INVALID_ENVIRONMENT_VARIABLES, text);
}
