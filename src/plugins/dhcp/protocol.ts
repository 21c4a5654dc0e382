/**
 * The protocol of the plugin and its daemon over the Unix socket: one line of JSON each way. Both
 * ends name the version; an end that receives another one says so and hangs up.
 */
import type { Attachment } from "../../spec/index.ts";

/** The key that bears the version. */
export const VERSION_KEY = "hawser-dhcp";
export const PROTOCOL_VERSION = 1;

/** Longest line that an end takes, in bytes. */
export const REQUEST_MAX: number = 64 * 1024;
export const REPLY_MAX: number = 16 * 1024 * 1024;

/** Refers to a container's namespace, so that another one at the same path is not taken for it. */
export interface NetnsRef {
  readonly path: string;
  /** Numbers of the namespace's file, in decimal. */
  readonly dev: string;
  readonly ino: string;
  /** SO_NETNS_COOKIE in decimal; absent on kernels before 5.14, and from earlier plugins. */
  readonly cookie?: string | undefined;
}

/** Options to send and to ask for. */
export interface AskedOptions {
  /** Code, and value in hexadecimal. */
  readonly provide: readonly (readonly [number, string])[];
  readonly request: readonly number[];
}

/** What is asked of DHCPv6. */
export interface AskedOptions6 {
  readonly request: readonly number[];
  /** Whether the kernel may take addresses and routes from router advertisements. */
  readonly acceptRA: boolean;
}

export type DaemonRequest =
  | {
      readonly call: "add";
      readonly attachment: Attachment;
      readonly netns: NetnsRef;
      readonly options: AskedOptions;
    }
  | {
      readonly call: "add6";
      readonly attachment: Attachment;
      readonly netns: NetnsRef;
      readonly options: AskedOptions6;
    }
  | { readonly call: "check"; readonly attachment: Attachment }
  | { readonly call: "check6"; readonly attachment: Attachment }
  | { readonly call: "del"; readonly attachment: Attachment }
  | { readonly call: "list"; readonly network: string }
  | { readonly call: "status" };

/** A lease as JSON. */
export interface GrantedLease {
  readonly address: string;
  readonly gateway?: string | undefined;
  readonly routes: readonly { readonly dst: string; readonly gw?: string | undefined }[];
  readonly nameservers: readonly string[];
  readonly domain?: string | undefined;
  readonly search?: readonly string[] | undefined;
}

/** The answer to each call. */
export interface DaemonAnswers {
  readonly add: GrantedLease;
  readonly add6: GrantedLease;
  readonly check: GrantedLease;
  readonly check6: GrantedLease;
  readonly del: Record<string, never>;
  readonly list: { readonly attachments: readonly Attachment[] };
  readonly status: Record<string, never>;
}

export type DaemonReply =
  | { readonly ok: DaemonAnswers[keyof DaemonAnswers] }
  | { readonly error: { readonly code: number; readonly msg: string; readonly details?: string } };

/** A request or reply as it travels. */
export function encodeLine(message: DaemonRequest | DaemonReply): string {
  return `${JSON.stringify({ [VERSION_KEY]: PROTOCOL_VERSION, ...message })}\n`;
}

/** Gathers bytes up to the end of a line. */
export class LineReader {
  readonly #limit: number;
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether no byte has come. */
  get empty(): boolean {
    return this.#length === 0;
  }

  /**
   * The line, when it is whole.
   * @throws RangeError when it is longer than it may be
   */
  push(bytes: Uint8Array): string | undefined {
    const end = bytes.indexOf(0x0a);
    const part = end === -1 ? bytes : bytes.subarray(0, end);
    this.#length += part.length;
    if (this.#length > this.#limit) {
      throw new RangeError(`a line of more than ${this.#limit} bytes`);
    }
    // The bytes may lie in a buffer that the socket uses again.
    this.#pieces.push(part.slice());
    return end === -1 ? undefined : Buffer.concat(this.#pieces).toString("utf8");
  }
}
