import { type Plan, REPAIR_VARIABLE } from "../../plugin/index.ts";
import { emptyResult, invalidConfig, type Result } from "../../spec/index.ts";
import type { Kind, Piece, Removable, Rollback } from "../kind.ts";
import { netnsOfAdd } from "../netns-record/index.ts";
import { unproved } from "../repair.ts";
import type { Scene } from "../scene.ts";
import type { Finding, Standing } from "../standing.ts";
import { type IpamDelegate, ipamDelegate, ipamTypeOf } from "./delegate.ts";

/** What an attachment wants of an IPAM plugin. */
export interface WantedAddresses {
  /** Type of the IPAM plugin. */
  readonly type: string;
  /** An answer without addresses is right. */
  readonly mayBeEmpty?: boolean;
  /** Receives what the plugin gave, before the next piece is made. */
  readonly adopt: (result: Result) => void;
}

/** Addresses from an IPAM plugin, for as long as the attachment lives. */
export const ipam: Kind<WantedAddresses> = {
  name: "addresses",
  isDelegated: true,
  want: ({ ctx, owner }, wanted) => {
    return new Addresses(ipamDelegate(ctx), wanted, () => netnsOfAdd(ctx, owner) !== undefined);
  },
  found: async ({ ctx }) => await findingsOf(ipamTypeOf(ctx), ipamDelegate(ctx)),
  stale: async ({ ctx }) => await findingsOf(ipamTypeOf(ctx), ctx.delegate),
  async undo({ ctx, owner }) {
    const type = ipamTypeOf(ctx);
    if (type === "") return;
    const delegate = ipamDelegate(ctx);
    try {
      await delegate.del(type);
    } catch (error) {
      const isKnown = netnsOfAdd(ctx, owner) !== undefined;
      if (isKnown || (await isInstalled(delegate, type))) throw error;
      // An ADD that was refused for want of this plugin is followed by a DEL, which must not fail for it.
      ctx.log(`IPAM plugin ${type} is not installed, and no ADD is known that used it`);
    }
  },
  async collect({ ctx }) {
    const type = ipamTypeOf(ctx);
    if (type !== "") await ctx.delegate.gc(type);
  },
};

/**
 * The kinds of a plugin that delegates to IPAM, in the order in which they are undone from the back.
 * The link is silenced before its address is given back, so that the address's next owner does not
 * meet this one. An IPAM plugin that talks to a server over the link comes first all the same, and
 * takes the address off the link itself.
 *
 * @example
 * ```ts
 * import { inReleaseOrder, ipam, vethPair } from "hawser/state";
 *
 * const kinds = inReleaseOrder([ipam, vethPair]);
 * typeof kinds; // → "function"
 * ```
 */
export function inReleaseOrder(kinds: readonly Removable[]): (scene: Scene) => Removable[] {
  return ({ ctx }) =>
    ctx.delegate.traits(ipamTypeOf(ctx)).releaseNeedsLink
      ? [...kinds.filter((kind) => kind !== ipam), ipam]
      : [...kinds];
}

/** What the delegate would release, by its own plan. */
async function findingsOf(
  type: string,
  delegate: Pick<IpamDelegate, "plan">,
): Promise<readonly Finding[]> {
  if (type === "") return [];
  const plan = await delegate.plan(type);
  if (plan === undefined) return [untold(type)];
  return plan.steps.flatMap(({ standing, ...step }) =>
    standing === "made" || standing === "refused" ? [] : [{ plugin: type, ...step, standing }],
  );
}

function untold(type: string): Finding {
  const text = `what ${type} would release is not known`;
  return { standing: "unknown", text, now: "it is another program, which does not tell" };
}

async function isInstalled(delegate: IpamDelegate, type: string): Promise<boolean> {
  try {
    await delegate.find(type);
    return true;
  } catch {
    return false;
  }
}

class Addresses implements Piece {
  readonly name = "addresses";
  /** Another attachment may have the address by now. */
  readonly isBasis = true;
  readonly #delegate: IpamDelegate;
  readonly #wanted: WantedAddresses;
  /** Whether the namespace of the ADD is noted: a DEL takes the note away. */
  readonly #isNoted: () => boolean;
  #result: Result | undefined;

  constructor(delegate: IpamDelegate, wanted: WantedAddresses, isNoted: () => boolean) {
    this.#delegate = delegate;
    this.#wanted = wanted;
    this.#isNoted = isNoted;
  }

  describe(): string {
    const { type } = this.#wanted;
    const addresses = this.#result?.ips.map((ip) => ip.address).join(", ");
    return addresses === undefined ? `from ${type}` : `${addresses} from ${type}`;
  }

  async find(): Promise<void> {
    await this.#delegate.find(this.#wanted.type);
  }

  /** The addresses that the plugin would give are known to the pieces behind this one. */
  async compare(): Promise<Standing> {
    const { type } = this.#wanted;
    const plan = await this.#delegate.plan(type);
    if (plan === undefined) {
      return { standing: "unknown", now: "it does not tell which it would give" };
    }
    this.#adoptPlanned(plan);
    const delegated = plan.steps.map((step) => ({ plugin: type, ...step }));
    return { standing: this.#result === undefined ? "unknown" : "made", delegated };
  }

  #adoptPlanned({ result }: Plan): void {
    if (result?.ips === undefined) return;
    this.#result = { ...emptyResult(result.cniVersion ?? ""), ...result };
    this.#wanted.adopt(this.#result);
  }

  async apply(rollback: Rollback): Promise<void> {
    const { type, adopt, mayBeEmpty = false } = this.#wanted;
    // A delegate whose ADD fails is asked for DEL by the delegation itself.
    const result = await this.#delegate.add(type);
    rollback.defer(async () => await this.#delegate.del(type));
    if (result.ips.length === 0 && !mayBeEmpty) {
      throw invalidConfig(
        "IPAM plugin returned missing IP config",
        `plugin ${type} gave no address`,
      );
    }
    this.#result = result;
    adopt(result);
  }

  async check(): Promise<void> {
    await this.#delegate.check(this.#wanted.type);
  }

  /** The IPAM plugin puts back what is its own; one that does not know how checks, as ever. */
  async restore(): Promise<void> {
    const { type } = this.#wanted;
    await this.#delegate.with({ env: { [REPAIR_VARIABLE]: "1" } }).check(type);
    // A DEL that has come meanwhile has given the addresses back.
    if (this.#isNoted()) return;
    await this.#delegate.del(type);
    throw unproved("addresses");
  }

  async ready(): Promise<void> {
    await this.#delegate.status(this.#wanted.type);
  }
}
