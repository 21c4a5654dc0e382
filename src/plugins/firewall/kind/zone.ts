import type { Ip } from "../../../addr/index.ts";
import { errorText } from "../../../base/index.ts";
import type { Bus, BusUnavailable, DbusError } from "../../../dbus/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { differs, type Revert, type Step } from "../../../state/index.ts";
import { AttachmentElements, nftables } from "../../../state/nft-sets/index.ts";
import type { Firewall } from "./firewall.ts";
import { containerElements, firewallLayout } from "./layout.ts";

type Env = Readonly<Record<string, string>>;

const SERVICE = "org.fedoraproject.FirewallD1";
const PLACE = {
  destination: SERVICE,
  path: "/org/fedoraproject/FirewallD1",
  interface: "org.fedoraproject.FirewallD1.zone",
} as const;

/** Complaints of firewalld about a source that is not in the zone. */
const UNKNOWN = /^(?:UNKNOWN_SOURCE|NOT_ENABLED|INVALID_ZONE|ZONE_CONFLICT)/u;

/** Whether firewalld runs: it has its name on the system bus. */
export async function isFirewalldRunning(env: Env): Promise<boolean> {
  const bus = await connect(env);
  if (bus === undefined) return false;
  bus[Symbol.dispose]();
  return true;
}

/** @throws CniError of code 50 when firewalld does not run. */
export async function requireFirewalld(env: Env): Promise<void> {
  using _bus = await connectOrFail(env);
}

/** The container's addresses are sources of a zone of firewalld. */
export class ZoneStep implements Step {
  readonly name = "firewalld zone";
  readonly #firewall: Firewall;

  constructor(firewall: Firewall) {
    this.#firewall = firewall;
  }

  describe(): string {
    const { addresses, settings } = this.#firewall;
    return `${addresses.map(sourceOf).join(", ")} in ${settings.zone}`;
  }

  async apply(): Promise<Revert> {
    const { addresses, env } = this.#firewall;
    using bus = await connectOrFail(env);
    const added: Ip[] = [];
    const takeBack = async (): Promise<void> => {
      if (added.length > 0) await this.#remove(added);
    };
    for (const ip of addresses) {
      try {
        await this.#call(bus, "addSource", ip);
        added.push(ip);
      } catch (error) {
        if (complaint(error)?.startsWith("ZONE_ALREADY_SET") === true) continue;
        await takeBack();
        throw refused(error, `put ${sourceOf(ip)} into zone ${this.#firewall.settings.zone}`);
      }
    }
    return takeBack;
  }

  async check(): Promise<void> {
    const { addresses, env, settings } = this.#firewall;
    using bus = await connectOrFail(env);
    for (const ip of addresses) {
      if ((await this.#query(bus, ip)) === true) continue;
      throw differs(
        `firewalld: zone ${settings.zone} has no source ${sourceOf(ip)}`,
        "when it restarts, firewalld forgets what containers asked of it; add the container again",
      );
    }
  }

  /** What another attachment has by now stays. */
  async undo(): Promise<void> {
    const { addresses, namespaces, owner, settings } = this.#firewall;
    const elements = new AttachmentElements(nftables(namespaces), firewallLayout, owner);
    await this.#remove(
      addresses.filter((ip) => {
        return !containerElements([ip], settings.markBit).some((each) =>
          elements.isHeldByOther(each),
        );
      }),
    );
  }

  async #query(bus: Bus, ip: Ip): Promise<unknown> {
    try {
      return await this.#call(bus, "querySource", ip);
    } catch (error) {
      throw refused(error, `ask for ${sourceOf(ip)} in zone ${this.#firewall.settings.zone}`);
    }
  }

  /** A firewalld that does not run, or does not know the source, has nothing to forget. */
  async #remove(addresses: readonly Ip[]): Promise<void> {
    using bus = await connect(this.#firewall.env);
    if (bus === undefined) return;
    for (const ip of addresses) {
      try {
        await this.#call(bus, "removeSource", ip);
      } catch (error) {
        if (isGone(error) || UNKNOWN.test(complaint(error) ?? "")) continue;
        throw refused(error, `take ${sourceOf(ip)} out of zone ${this.#firewall.settings.zone}`);
      }
    }
  }

  async #call(bus: Bus, member: string, ip: Ip): Promise<unknown> {
    return await bus.call({ ...PLACE, member, args: [this.#firewall.settings.zone, sourceOf(ip)] });
  }
}

/** As the reference plugin writes them. */
function sourceOf(ip: Ip): string {
  return `${ip.toString()}/${ip.family === 4 ? 32 : 128}`;
}

/** A connection to the bus that firewalld is on; undefined when there is none. */
async function connect(env: Env): Promise<Bus | undefined> {
  // Loaded where a bus is to be asked, and not with every plugin.
  const {
    Bus: Connection,
    BusUnavailable,
    systemBusAddress,
  } = await import("../../../dbus/index.ts");
  let bus: Bus | undefined;
  try {
    bus = await Connection.connect(systemBusAddress(env));
    if (await bus.hasOwner(SERVICE)) return bus;
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
  }
  bus?.[Symbol.dispose]();
  return undefined;
}

async function connectOrFail(env: Env): Promise<Bus> {
  const bus = await connect(env);
  if (bus !== undefined) return bus;
  throw new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    `firewalld does not run: ${SERVICE} is not on the system bus`,
    { details: "start it, or choose another backend" },
  );
}

/** What firewalld says, beginning with the name of its error. */
function complaint(error: unknown): string | undefined {
  return isDbusError(error) ? error.message : undefined;
}

function isDbusError(error: unknown): error is DbusError {
  return error instanceof Error && error.name === "DbusError";
}

/** It went away while it was being asked. */
function isGone(error: unknown): boolean {
  if (error instanceof Error && error.name === "BusUnavailable") {
    return !(error as BusUnavailable).isLate;
  }
  return (
    isDbusError(error) &&
    /\.(?:ServiceUnknown|NameHasNoOwner|NoReply|Disconnected)$/u.test(error.errorName)
  );
}

function refused(error: unknown, what: string): CniError {
  const reason = errorText(error);
  const isOfConfig = complaint(error)?.startsWith("INVALID_ZONE") === true;
  const unasked = isDbusError(error) ? ErrorCode.IO_FAILURE : ErrorCode.TRY_AGAIN_LATER;
  const code = isOfConfig ? ErrorCode.INVALID_NETWORK_CONFIG : unasked;
  return new CniError(code, `firewalld did not ${what}: ${reason}`, { cause: error });
}
