import { type Ip, Prefix } from "../../../addr/index.ts";
import { errorText } from "../../../base/index.ts";
import type { Bus, BusUnavailable, DbusError } from "../../../dbus/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { differs, made, type Scene, stays } from "../../../state/index.ts";
import { elementsOf } from "./allow.ts";
import { containerElements } from "./layout.ts";
import type { Part, Trace } from "./part.ts";

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
  want({ ctx }, { addresses, zone }) {
    return {
      name: "firewalld zone",
      describe: () => `${addresses.map(Prefix.ofHost).join(", ")} in ${zone}`,

      async apply(rollback) {
        using bus = await connectOrFail(ctx.env);
        const added: Ip[] = [];
        rollback.defer(async () => await removeSources(ctx.env, zone, added));
        for (const ip of addresses) if (await addSource(bus, zone, ip)) added.push(ip);
      },

      async restore() {
        using bus = await connectOrFail(ctx.env);
        for (const ip of addresses) await addSource(bus, zone, ip);
      },

      async check() {
        using bus = await connectOrFail(ctx.env);
        for (const ip of addresses) {
          const what = `ask for ${Prefix.ofHost(ip)} in zone ${zone}`;
          if ((await ask(bus, ["querySource", zone, ip], what)) === true) continue;
          throw differs(
            `firewalld: zone ${zone} has no source ${Prefix.ofHost(ip)}`,
            "when it restarts, firewalld forgets what containers asked of it; add the container again",
          );
        }
      },

      async compare() {
        using bus = await connectOrFail(ctx.env);
        const missing: Ip[] = [];
        for (const ip of addresses) {
          const what = `ask for ${Prefix.ofHost(ip)} in zone ${zone}`;
          if ((await ask(bus, ["querySource", zone, ip], what)) !== true) missing.push(ip);
        }
        return missing.length === 0 ? stays("they are there already") : made();
      },

      /** @throws CniError of code 50 when firewalld does not run. */
      async ready() {
        using _bus = await connectOrFail(ctx.env);
      },
    };
  },

  /** What another attachment has by now, or waits for, stays. */
  async remove(scene, trace) {
    await removeSources(scene.ctx.env, trace.zone, ownOf(scene, trace));
  },

  async found(scene, trace) {
    const own = ownOf(scene, trace);
    if (own.length === 0) return [];
    using bus = await connect(scene.ctx.env);
    if (bus === undefined) return [];
    const { zone } = trace;
    const texts: string[] = [];
    for (const ip of own) {
      const what = `ask for ${Prefix.ofHost(ip)} in zone ${zone}`;
      const isGone = (error: unknown): boolean => hasLeft(error) || UNKNOWN.test(complaint(error));
      if ((await ask(bus, ["querySource", zone, ip], what, isGone)) !== true) continue;
      texts.push(`source ${Prefix.ofHost(ip)} of firewalld's zone ${zone}`);
    }
    return texts;
  },
};

/** The addresses that no other attachment has, or waits for. */
function ownOf(scene: Scene, { addresses, markBit }: Trace): Ip[] {
  const elements = elementsOf(scene);
  return addresses.filter(
    (ip) => !containerElements([ip], markBit).some((each) => elements.isHeldByOther(each)),
  );
}

/** False where the address is in the zone already. */
async function addSource(bus: Bus, zone: string, ip: Ip): Promise<boolean> {
  const what = `put ${Prefix.ofHost(ip)} into zone ${zone}`;
  const isThere = (error: unknown): boolean => /^ZONE_ALREADY_SET/u.test(complaint(error));
  return (await ask(bus, ["addSource", zone, ip], what, isThere)) !== undefined;
}

/** A firewalld that does not run, or does not know the source, has nothing to forget. */
async function removeSources(env: Env, zone: string, addresses: readonly Ip[]): Promise<void> {
  if (addresses.length === 0) return;
  using bus = await connect(env);
  if (bus === undefined) return;
  for (const ip of addresses) {
    const what = `take ${Prefix.ofHost(ip)} out of zone ${zone}`;
    const isGone = (error: unknown): boolean => hasLeft(error) || UNKNOWN.test(complaint(error));
    await ask(bus, ["removeSource", zone, ip], what, isGone);
  }
}

/** Calls a method of a zone; undefined when firewalld refuses it for a reason that `isFine`. */
async function ask(
  bus: Bus,
  [member, zone, ip]: readonly [string, string, Ip],
  what: string,
  isFine: (error: unknown) => boolean = () => false,
): Promise<unknown> {
  try {
    return await bus.call({ ...ZONE, member, args: [zone, Prefix.ofHost(ip).toString()] });
  } catch (error) {
    if (isFine(error)) return undefined;
    throw refused(error, what);
  }
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

/** What firewalld says, beginning with the name of its error; "" when another speaks. */
function complaint(error: unknown): string {
  return isDbusError(error) ? error.message : "";
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
  const isOfConfig = complaint(error).startsWith("INVALID_ZONE");
  const unasked = isDbusError(error) ? ErrorCode.IO_FAILURE : ErrorCode.TRY_AGAIN_LATER;
  const code = isOfConfig ? ErrorCode.INVALID_NETWORK_CONFIG : unasked;
  return new CniError(code, `firewalld did not ${what}: ${reason}`, { cause: error });
}
