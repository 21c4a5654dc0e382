import { Prefix } from "../../../addr/index.ts";
import type { Context } from "../../../plugin/index.ts";
import { type Attachment, CniError, ErrorCode } from "../../../spec/index.ts";
import {
  differs,
  type Finding,
  type Garbage,
  type Kind,
  made,
  type Piece,
  type Rollback,
  removed,
  runAll,
  type Scene,
  type Standing,
} from "../../../state/index.ts";
import { ownerComment } from "../../../state/owner/index.ts";
import { type AskOptions, ask, DaemonUnreachable } from "../client.ts";
import { type DhcpConfig, parseSocketPath, withoutEffect } from "../config.ts";
import { netnsRef } from "../netns-ref.ts";
import type { GrantedLease } from "../protocol.ts";
import type { Granted } from "../result.ts";

/** Longest wait for an answer of the daemon that needs no server, in milliseconds. */
const ANSWER_MS = 5000;

/** A lease that the daemon gets from a DHCP server and renews as long as the attachment lives. */
export const lease: Kind<DhcpConfig, LeasePiece> = {
  name: "lease",
  want: (scene, config) => new LeasePiece(scene, config),
  undo: async ({ ctx, owner }) => await release(ctx, parseSocketPath(ctx), owner),
  found: async ({ ctx, owner }) =>
    leasesOf(await attachmentsOf(ctx, owner.network, parseSocketPath(ctx)), (mark) => {
      return mark === ownerComment(owner);
    }),
  collect,
  stale: async ({ ctx }, { network, isStale }) =>
    leasesOf(await attachmentsOf(ctx, network, parseSocketPath(ctx)), isStale),
};

function leasesOf(
  known: readonly Attachment[],
  isMeant: (mark: string) => boolean,
): readonly Finding[] {
  const names = known
    .filter((attachment) => isMeant(ownerComment(attachment)))
    .map(
      ({ containerId, ifName }) => `lease of ${containerId}:${ifName}, given back to its server`,
    );
  return [...new Set(names)].map(removed);
}

/** The lease of one attachment. */
export class LeasePiece implements Piece {
  readonly name = "lease";
  readonly #scene: Scene;
  readonly #config: DhcpConfig;
  #granted: Granted | undefined;

  constructor(scene: Scene, config: DhcpConfig) {
    this.#scene = scene;
    this.#config = config;
  }

  /** What the daemon granted; only after `apply`. */
  get granted(): Granted {
    if (this.#granted === undefined) throw new Error("no lease has been granted yet");
    return this.#granted;
  }

  describe(): string {
    const { ifName } = this.#scene.ctx;
    const { options, options6, socketPath } = this.#config;
    const what =
      options6 === undefined
        ? "an address"
        : options === undefined
          ? "an IPv6 address"
          : "an IPv4 and an IPv6 address";
    return `${what} for ${ifName}, renewed by the daemon at ${socketPath}`;
  }

  /** No server is asked: only an ADD asks, and then the answer is reserved for it. */
  async compare(): Promise<Standing> {
    await orUnavailable(async () => {
      await ask(this.#config.socketPath, { call: "status" }, soon(this.#scene.ctx.signal));
    });
    return made("a DHCP server says which, when the ADD asks it");
  }

  async apply(rollback: Rollback): Promise<void> {
    const { ctx, owner: attachment } = this.#scene;
    const { socketPath, options, options6 } = this.#config;
    const netns = netnsRef(ctx);
    for (const key of withoutEffect(ctx)) {
      ctx.log(`dhcp: "ipam.${key}" has no effect: the lease says what it would`);
    }
    const wait = { signal: ctx.signal };
    const asked = [
      options
        ? ask(socketPath, { call: "add", attachment, netns, options }, wait)
        : Promise.resolve(undefined),
      options6
        ? ask(socketPath, { call: "add6", attachment, netns, options: options6 }, wait)
        : Promise.resolve(undefined),
    ] as const;
    // The daemon itself releases what it cannot hand over: without an answer nothing is to be undone.
    const settled = await Promise.allSettled(asked);
    if (settled.some((one) => one.status === "fulfilled" && one.value !== undefined)) {
      rollback.defer(async () => await release(ctx, socketPath, attachment));
    }
    const [ipv4, ipv6] = await orUnavailable(async () => await Promise.all(asked)).catch(
      (error: unknown) => {
        throw withMaster(error, ctx.config["master"]);
      },
    );
    this.#granted = { ipv4, ipv6 };
  }

  async check(): Promise<void> {
    const { ctx, owner: attachment } = this.#scene;
    const { socketPath, options, options6 } = this.#config;
    const wait = soon(ctx.signal);
    const held = await orUnavailable(
      async () =>
        await Promise.all([
          options && ask(socketPath, { call: "check", attachment }, wait),
          options6 && ask(socketPath, { call: "check6", attachment }, wait),
        ]),
    );
    for (const lease of held) if (lease !== undefined) this.#compare(lease);
  }

  #compare({ address }: GrantedLease): void {
    const { family } = Prefix.parse(address);
    const added = this.#scene.ctx.prevResult?.ips.filter(
      (ip) => Prefix.parse(ip.address).family === family,
    );
    if (added !== undefined && !added.some((ip) => ip.address === address)) {
      throw differs(`the lease is of ${address}, which the result of ADD does not have`);
    }
  }

  async ready(): Promise<void> {
    try {
      await ask(this.#config.socketPath, { call: "status" }, soon(this.#scene.ctx.signal));
    } catch (error) {
      if (!(error instanceof DaemonUnreachable)) throw error;
      throw unavailable(error, ErrorCode.PLUGIN_NOT_AVAILABLE);
    }
  }
}

async function collect({ ctx }: Scene, { network, isStale }: Garbage): Promise<void> {
  const socketPath = parseSocketPath(ctx);
  const known = await attachmentsOf(ctx, network, socketPath);
  const stale = known.filter((attachment) => isStale(ownerComment(attachment)));
  await runAll(stale.map((attachment) => () => release(ctx, socketPath, attachment)));
}

/** By the daemon; without one, in this process from the lease's record. */
async function release(ctx: Context, socketPath: string, attachment: Attachment): Promise<void> {
  try {
    await ask(socketPath, { call: "del", attachment }, soon(ctx.signal));
  } catch (error) {
    if (!(error instanceof DaemonUnreachable)) throw error;
    const { releaseRecorded } = await import("../orphan.ts");
    await releaseRecorded(ctx, attachment);
  }
}

async function attachmentsOf(
  ctx: Context,
  network: string,
  socketPath: string,
): Promise<readonly Attachment[]> {
  try {
    const { attachments } = await ask(socketPath, { call: "list", network }, soon(ctx.signal));
    return attachments;
  } catch (error) {
    if (!(error instanceof DaemonUnreachable)) throw error;
    const { recordedAttachments } = await import("../orphan.ts");
    return recordedAttachments(ctx);
  }
}

function soon(signal: AbortSignal): AskOptions {
  return { signal, timeoutMs: ANSWER_MS };
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DaemonUnreachable)) throw error;
    throw unavailable(error, ErrorCode.TRY_AGAIN_LATER);
  }
}

/** A failure with the link of the host on whose network no server was found, where it is named. */
function withMaster(error: unknown, master: unknown): unknown {
  if (!(error instanceof CniError) || error.code !== ErrorCode.TRY_AGAIN_LATER) return error;
  if (typeof master !== "string" || master === "") return error;
  const named = `its master is ${JSON.stringify(master)}`;
  const details = error.details === undefined ? named : `${error.details}; ${named}`;
  return new CniError(error.code, error.msg, { details, cause: error });
}

function unavailable(cause: DaemonUnreachable, code: number): CniError {
  const details = "start it by `dhcp daemon` or `hawser dhcp daemon`";
  return new CniError(code, cause.message, { details, cause });
}
