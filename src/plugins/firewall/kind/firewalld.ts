import type { Ip } from "../../../addr/index.ts";
import { errorText } from "../../../base/index.ts";
import type { Bus, BusUnavailable, DbusError } from "../../../dbus/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { differs, type Piece, type Rollback, type Scene } from "../../../state/index.ts";
import { elementsOf } from "./allow.ts";
import { containerElements } from "./layout.ts";
import { type Attached, hostPrefix, type Part } from "./part.ts";

type Env = Scene["ctx"]["env"];

const SERVICE = "org.fedoraproject.FirewallD1";
const ZONE = {
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

/** The container's addresses are sources of a zone of firewalld. */
export const firewalldZone: Part = {
  want: (scene, attached) => new FirewalldZone(scene, attached),

  /** What another attachment has by now, or waits for, stays. */
  async remove(scene, { addresses, zone, markBit }) {
    const elements = elementsOf(scene);
    const own = addresses.filter(
      (ip) => !containerElements([ip], markBit).some((each) => elements.isHeldByOther(each)),
    );
    await removeSources(scene, zone, own);
  },
};

class FirewalldZone implements Piece {
  readonly name = "firewalld zone";
  readonly #scene: Scene;
  readonly #attached: Attached;

  constructor(scene: Scene, attached: Attached) {
    this.#scene = scene;
    this.#attached = attached;
  }

  describe(): string {
    const { addresses, zone } = this.#attached;
    return `${addresses.map(hostPrefix).join(", ")} in ${zone}`;
  }

  async apply(rollback: Rollback): Promise<void> {
    const { addresses, zone } = this.#attached;
    using bus = await connectOrFail(this.#scene.ctx.env);
    const added: Ip[] = [];
    rollback.defer(async () => await removeSources(this.#scene, zone, added));
    for (const ip of addresses) {
      try {
        await callZone(bus, "addSource", zone, ip);
        added.push(ip);
      } catch (error) {
        if (complaint(error)?.startsWith("ZONE_ALREADY_SET") === true) continue;
        throw refused(error, `put ${hostPrefix(ip)} into zone ${zone}`);
      }
    }
  }

  async check(): Promise<void> {
    const { addresses, zone } = this.#attached;
    using bus = await connectOrFail(this.#scene.ctx.env);
    for (const ip of addresses) {
      if (await isSource(bus, zone, ip)) continue;
      throw differs(
        `firewalld: zone ${zone} has no source ${hostPrefix(ip)}`,
        "when it restarts, firewalld forgets what containers asked of it; add the container again",
      );
    }
  }

  /** @throws CniError of code 50 when firewalld does not run. */
  async ready(): Promise<void> {
    using _bus = await connectOrFail(this.#scene.ctx.env);
  }
}

async function isSource(bus: Bus, zone: string, ip: Ip): Promise<boolean> {
  try {
    return (await callZone(bus, "querySource", zone, ip)) === true;
  } catch (error) {
    throw refused(error, `ask for ${hostPrefix(ip)} in zone ${zone}`);
  }
}

/** A firewalld that does not run, or does not know the source, has nothing to forget. */
async function removeSources(
  { ctx }: Scene,
  zone: string,
  addresses: readonly Ip[],
): Promise<void> {
  if (addresses.length === 0) return;
  using bus = await connect(ctx.env);
  if (bus === undefined) return;
  for (const ip of addresses) {
    try {
      await callZone(bus, "removeSource", zone, ip);
    } catch (error) {
      if (hasLeft(error) || UNKNOWN.test(complaint(error) ?? "")) continue;
      throw refused(error, `take ${hostPrefix(ip)} out of zone ${zone}`);
    }
  }
}

async function callZone(bus: Bus, member: string, zone: string, ip: Ip): Promise<unknown> {
  return await bus.call({ ...ZONE, member, args: [zone, hostPrefix(ip)] });
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

/** Whether firewalld went away while it was being asked. */
function hasLeft(error: unknown): boolean {
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
