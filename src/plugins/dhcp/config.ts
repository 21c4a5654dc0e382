import * as v from "valibot";
import { type Context, decode, says } from "../../plugin/index.ts";
import { CniError, ErrorCode, invalidConfig } from "../../spec/index.ts";
import { ipamObject, requiredIpam } from "../../state/ipam-config/index.ts";
import { keywordsOf, optionCode } from "./ipv4/option-name.ts";
import { keywords6, noDelegation, optionCode6 } from "./ipv6/option-name.ts";
import type { AskedOptions, AskedOptions6 } from "./protocol.ts";

/** Where the daemon listens unless the configuration or a flag says otherwise. */
export const DEFAULT_SOCKET = "/run/cni/dhcp.sock";

const OPTION_MAX = 255;
/** All provided options together have to fit a message on an Ethernet link. */
const PROVIDED_MAX = 1000;
const ROUTER = 3;
const SUBNET_MASK = 1;

const code = v.union([v.string(), v.number()]);
const codeToProvide = v.pipe(code, says(keywordsOf("provide")));
const codeToRequest = v.pipe(code, says(keywordsOf("request")));
const code6 = v.pipe(code, says(keywords6()));

const provided = v.object({
  option: v.pipe(codeToProvide, v.description("Name or decimal code of the option.")),
  value: v.pipe(
    v.optional(v.string(), ""),
    says({ maxLength: OPTION_MAX }),
    v.description("Its value, sent as it is."),
  ),
  fromArg: v.pipe(
    v.optional(v.string(), ""),
    v.description("Name of the argument in `CNI_ARGS` whose value is sent, when it is there."),
  ),
});

const requested = v.object({
  option: v.pipe(
    v.optional(codeToRequest),
    v.description("Name or decimal code of an option to ask the server for."),
  ),
  skipDefault: v.pipe(
    v.optional(v.boolean(), false),
    v.description("Do not ask for routers and subnet mask by default."),
  ),
});

const requested6 = v.object({
  option: v.pipe(code6, v.description("Name or decimal code of an option of DHCPv6.")),
});

const socketPath = v.pipe(
  v.optional(v.string(), DEFAULT_SOCKET),
  says({ pattern: String.raw`^[^\0]*$` }),
  v.description("Path of the daemon's socket."),
);

const ipam = v.object({
  daemonSocketPath: socketPath,
  ipv4: v.pipe(v.optional(v.boolean(), true), v.description("Lease an IPv4 address.")),
  ipv6: v.pipe(
    v.optional(v.boolean(), false),
    v.description(
      "Lease an IPv6 address by DHCPv6. A router of the link says the length of its prefix and which gateway to take.",
    ),
  ),
  provide: v.pipe(v.optional(v.array(provided), []), v.description("Options to send.")),
  request: v.pipe(
    v.optional(v.array(requested), []),
    v.description("Options to ask for, beside routers and subnet mask."),
  ),
  request6: v.pipe(
    v.optional(v.array(requested6), []),
    v.description("Options of DHCPv6 to ask for: `name-servers` (23), `domain-search` (24)."),
  ),
  prefixDelegation: v.pipe(
    v.optional(v.unknown()),
    says({ enum: [false, null] }),
    v.description("Refused: a container's interface gets addresses, not networks."),
  ),
  priority: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff)), 0),
    v.description("Metric of the routes in the result; 0 leaves it to the kernel."),
  ),
});

/** What DEL and GC read. */
const lenient = v.object({ daemonSocketPath: v.fallback(socketPath, "") });

const EITHER_FAMILY = {
  not: {
    required: ["ipv4"],
    properties: { ipv4: { const: false }, ipv6: { enum: [false, null] } },
  },
};

/** The keys of the plugin. */
export const schema: v.GenericSchema = v.object({
  ipam: v.pipe(ipam, says(EITHER_FAMILY), v.description("Settings of the plugin.")),
});

/** The configuration of an ADD or CHECK, checked. */
export interface DhcpConfig {
  readonly socketPath: string;
  /** undefined when no IPv4 address is wanted. */
  readonly options: AskedOptions | undefined;
  /** undefined when no IPv6 address is wanted. */
  readonly options6: AskedOptions6 | undefined;
  readonly priority: number;
}

/**
 * Reads everything that ADD needs.
 * @throws CniError of code 7, or 4 for CNI_ARGS, before anything is asked.
 */
export function parseConfig(ctx: Context): DhcpConfig {
  const keys = decode(ipam, requiredIpam(ctx), "ipam");
  const { prefixDelegation } = keys;
  if (prefixDelegation !== undefined && prefixDelegation !== null && prefixDelegation !== false) {
    throw noDelegation(`"ipam.prefixDelegation"`);
  }
  if (!keys.ipv4 && !keys.ipv6) {
    throw invalidConfig(`"ipam.ipv4" and "ipam.ipv6" are both false: no address would be leased`);
  }
  const options = {
    provide: providedOptions(keys.provide, new Map(ctx.args)),
    request: requestedOptions(keys.request),
  };
  const request6 = [...new Set(keys.request6.map(({ option }) => optionCode6(option)))];
  return {
    socketPath: socketOf(keys.daemonSocketPath),
    options: keys.ipv4 ? options : undefined,
    options6: keys.ipv6 ? { request: request6, acceptRA: false } : undefined,
    priority: keys.priority,
  };
}

/** The daemon's socket: all that DEL and GC need, since other keys may be broken by then. */
export function parseSocketPath(ctx: Context): string {
  try {
    return socketOf(decode(lenient, ipamObject(ctx) ?? {}, "ipam").daemonSocketPath);
  } catch {
    return DEFAULT_SOCKET;
  }
}

/** Keys of other IPAM plugins that people write for this one; servers decide what they are about. */
const OF_THE_LEASE = ["addresses", "gateway", "ranges", "routes", "subnet"];

/** The keys of `ipam` that change nothing, though they look as if they did. */
export function withoutEffect(ctx: Context): string[] {
  const given = requiredIpam(ctx);
  return OF_THE_LEASE.filter((key) => given[key] !== undefined && given[key] !== null);
}

function socketOf(path: string): string {
  if (path.includes("\0")) throw invalidConfig(`"ipam.daemonSocketPath" holds a NUL`);
  return path === "" ? DEFAULT_SOCKET : path;
}

/** A value from CNI_ARGS takes the place of the one in the configuration. */
function providedOptions(
  entries: readonly v.InferOutput<typeof provided>[],
  args: ReadonlyMap<string, string>,
): [number, string][] {
  const found = new Map<number, string>();
  let total = 0;
  for (const { option, value, fromArg } of entries) {
    const number = optionCode(option, "provide");
    const argument = fromArg === "" ? undefined : args.get(fromArg);
    const text = argument ?? value;
    if (text === "") continue;
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > OPTION_MAX) {
      const from = argument === undefined ? "" : ` (from ${fromArg} in CNI_ARGS)`;
      const msg = `value too long for option ${String(option)}${from}`;
      if (argument === undefined) throw invalidConfig(msg);
      throw new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, msg);
    }
    total += bytes.length;
    found.set(number, Buffer.from(bytes).toString("hex"));
  }
  if (total > PROVIDED_MAX) {
    throw invalidConfig(`the options to provide take ${total} bytes, of at most ${PROVIDED_MAX}`);
  }
  return [...found];
}

function requestedOptions(entries: readonly v.InferOutput<typeof requested>[]): number[] {
  const skipDefault = entries.some((entry) => entry.skipDefault);
  const asked = entries.flatMap(({ option }) =>
    option === undefined || option === "" ? [] : [optionCode(option, "request")],
  );
  return [...new Set([...asked, ...(skipDefault ? [] : [ROUTER, SUBNET_MASK])])];
}
