import { Prefix } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import { type Context, definePlugin, type Plugin } from "../../plugin/index.ts";
import { type Attachment, CniError, type Dns, ErrorCode, type Result } from "../../spec/index.ts";
import { differs, doAll } from "../../state/index.ts";
import { attachmentOf, ownerComment, staleMarks } from "../../state/owner/index.ts";
import { ask, DaemonUnreachable } from "./client.ts";
import { parseConfig, parseSocketPath } from "./config.ts";
import type { DaemonIo } from "./daemon/index.ts";
import { netnsPlace } from "./place.ts";
import type { GrantedLease } from "./protocol.ts";

export { DEFAULT_SOCKET as DHCP_SOCKET } from "./config.ts";

/** How long the daemon may take for what needs no server, in milliseconds. */
const ANSWER_MS = 5000;
/** Codes of the options that say how names are resolved. */
const DNS_SERVERS = 6;
const DOMAIN_NAME = 15;
/** RT_SCOPE_LINK of linux/rtnetlink.h: the destination is on the link itself. */
const SCOPE_LINK = 253;

/** Gets addresses by DHCP, through a daemon that keeps the leases. See README.md. */
export const plugin: Plugin = definePlugin({
  name: "dhcp",
  version: "0.1.0",
  add,
  check,
  del,
  gc,
  status,
  plan: (ctx) => {
    const { socketPath } = parseConfig(ctx);
    return [`addresses: a lease for ${ctx.ifName}, kept by the daemon at ${socketPath}`];
  },
});

/** Runs the daemon; its code is loaded now, since the plugin itself never needs it. */
export async function runDhcpDaemon(io: DaemonIo): Promise<number> {
  const { runDaemon } = await import("./daemon/index.ts");
  return await runDaemon(io);
}

async function add(ctx: Context): Promise<Partial<Result>> {
  const { socketPath, options, priority } = parseConfig(ctx);
  const request = {
    call: "add",
    attachment: attachmentOf(ctx),
    netns: netnsPlace(ctx),
    options,
  } as const;
  const { signal } = ctx;
  const lease = await orUnavailable(() => ask(socketPath, request, { signal }));
  return { ...addressesOf(lease, priority), dns: dnsOf(lease, options.request) };
}

async function check(ctx: Context): Promise<void> {
  const { socketPath } = parseConfig(ctx);
  const request = { call: "check", attachment: attachmentOf(ctx) } as const;
  const { address } = await orUnavailable(() =>
    ask(socketPath, request, { signal: ctx.signal, timeoutMs: ANSWER_MS }),
  );
  const promised = ctx.prevResult?.ips.filter((ip) => Prefix.parse(ip.address).family === 4);
  if (promised !== undefined && !promised.some((ip) => ip.address === address)) {
    throw differs(`the lease is of ${address}, which the result of ADD does not have`);
  }
}

async function del(ctx: Context): Promise<void> {
  await giveUp(ctx, parseSocketPath(ctx), attachmentOf(ctx));
}

/** Gives back the leases of attachments of the network that are not valid any more. */
async function gc(ctx: Context): Promise<void> {
  const socketPath = parseSocketPath(ctx);
  const isStale = staleMarks(ctx.network, ctx.validAttachments ?? []);
  const known = await attachmentsOf(ctx, socketPath);
  const stale = known.filter((attachment) => isStale(ownerComment(attachment)));
  await doAll(stale.map((attachment) => () => giveUp(ctx, socketPath, attachment)));
}

async function status(ctx: Context): Promise<void> {
  const { socketPath } = parseConfig(ctx);
  try {
    await ask(socketPath, { call: "status" }, { signal: ctx.signal, timeoutMs: ANSWER_MS });
  } catch (error) {
    if (!(error instanceof DaemonUnreachable)) throw error;
    throw unavailable(error, ErrorCode.PLUGIN_NOT_AVAILABLE);
  }
}

/** By the daemon; without it, by ourselves from what it has written down. */
async function giveUp(ctx: Context, socketPath: string, attachment: Attachment): Promise<void> {
  const options = { signal: ctx.signal, timeoutMs: ANSWER_MS };
  try {
    await ask(socketPath, { call: "del", attachment }, options);
  } catch (error) {
    if (!(error instanceof DaemonUnreachable)) throw error;
    const { releaseWritten } = await import("./orphan.ts");
    await releaseWritten(ctx, attachment);
  }
}

async function attachmentsOf(ctx: Context, socketPath: string): Promise<readonly Attachment[]> {
  const { network, signal } = ctx;
  try {
    const options = { signal, timeoutMs: ANSWER_MS };
    return (await ask(socketPath, { call: "list", network }, options)).attachments;
  } catch (error) {
    if (!(error instanceof DaemonUnreachable)) throw error;
    const { writtenAttachments } = await import("./orphan.ts");
    return writtenAttachments(ctx);
  }
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DaemonUnreachable)) throw error;
    throw unavailable(error, ErrorCode.TRY_AGAIN_LATER);
  }
}

function unavailable(cause: DaemonUnreachable, code: number): CniError {
  const details = "start it by `dhcp daemon` or `hawser dhcp daemon`";
  return new CniError(code, cause.message, { details, cause });
}

function addressesOf(lease: GrantedLease, priority: number): Partial<Result> {
  const { address, gateway, routes } = lease;
  return {
    ips: [{ address, ...defined({ gateway }) }],
    routes: routes.map(({ dst, gw }) => ({
      dst,
      ...(gw === undefined ? { scope: SCOPE_LINK } : { gw }),
      ...(priority === 0 ? {} : { priority }),
    })),
  };
}

/** Resolver settings for those who asked for them: by itself the plugin gives none. */
function dnsOf({ nameservers, domain }: GrantedLease, request: readonly number[]): Dns {
  const wantsServers = request.includes(DNS_SERVERS) && nameservers.length > 0;
  const wantsDomain = request.includes(DOMAIN_NAME) && domain !== undefined;
  return {
    ...(wantsServers ? { nameservers: [...nameservers] } : {}),
    ...(wantsDomain ? { domain } : {}),
  };
}
