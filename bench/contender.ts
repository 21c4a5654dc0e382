import { existsSync } from "node:fs";
import { buildNewest } from "../tests/support/build-newest.ts";
import {
  debianPlugins,
  entryPrograms,
  hawserPlugins,
  newestPlugins,
} from "../tests/support/plugin-sets.ts";
import type { Way } from "./inside/way.ts";
import type { Settings } from "./scenario.ts";

/** One row of a table. */
export interface Contender {
  readonly id: string;
  readonly title: string;
  readonly how: Way;
  /** Rounds that are not counted: few for executables, more for what a process that lives on does. */
  readonly warmUp: number;
  /** Others' work that ours is compared with. */
  readonly reference: boolean;
  /** Why it cannot run here. */
  readonly missing?: string;
}

/** What lives on is compiled as it runs: a hundred rounds are a node's first minutes. */
const WARM_UP = { executable: 2, process: 200 } as const;
const NETAVARK = "/usr/lib/podman/netavark";
/** Processes that a runtime starts for the dbnet chain. */
const PLUGINS_OF_CHAIN = 3;

function lacking(reason: string | undefined): { missing?: string } {
  return reason === undefined ? {} : { missing: reason };
}

function floors(): Contender[] {
  const common = { warmUp: WARM_UP.process, reference: false } as const;
  return [
    { id: "veth", title: "a veth pair alone", how: { way: "veth" }, ...common },
    { id: "kernel", title: "the kernel's part alone", how: { way: "kernel" }, ...common },
    {
      id: "floor",
      title: "… and a process start for each plugin",
      how: { way: "floor", processes: PLUGINS_OF_CHAIN },
      ...common,
    },
  ];
}

function ours(): Contender[] {
  const own = hawserPlugins();
  const entries = entryPrograms();
  const common = { warmUp: WARM_UP.process, reference: false } as const;
  return [
    {
      id: "runtime",
      title: "Hawser, in process",
      how: { way: "runtime", dir: own.dir },
      ...common,
      ...lacking(own.missing),
    },
    {
      id: "entry",
      title: "Hawser, entry programs, daemon up",
      how: { way: "executables", dir: entries.dir, daemon: true },
      ...common,
      ...lacking(entries.missing),
    },
    {
      id: "entry-down",
      title: "Hawser, entry programs, daemon down",
      how: { way: "executables", dir: entries.dir },
      ...common,
      warmUp: WARM_UP.executable,
      ...lacking(entries.missing),
    },
    {
      id: "executables",
      title: "Hawser, executables",
      how: { way: "executables", dir: own.dir },
      ...common,
      warmUp: WARM_UP.executable,
      ...lacking(own.missing),
    },
  ];
}

async function references(): Promise<Contender[]> {
  const debian = debianPlugins();
  const notBuilt = await buildNewest();
  const newest = { ...newestPlugins(), ...lacking(notBuilt) };
  const common = { warmUp: WARM_UP.executable, reference: true } as const;
  return [
    {
      id: "debian",
      title: "reference, Debian's (iptables)",
      how: { way: "executables", dir: debian.dir },
      ...common,
      ...lacking(debian.missing),
    },
    ...(["iptables", "nftables"] as const).map((backend) => ({
      id: `newest-${backend}`,
      title: `reference, newest (${backend})`,
      how: { way: "executables", dir: newest.dir, backend } as const,
      ...common,
      ...lacking(newest.missing),
    })),
    {
      id: "netavark",
      title: "netavark (a process; no IPAM, no sysctl)",
      how: { way: "netavark", program: NETAVARK },
      ...common,
      ...lacking(existsSync(NETAVARK) ? undefined : `Debian's netavark (${NETAVARK})`),
    },
  ];
}

/** All who can run the dbnet chain here, and are wanted; who cannot is told of. */
export async function contenders(
  settings: Settings,
  ids?: readonly string[],
): Promise<Contender[]> {
  const all = [...floors(), ...ours(), ...(await references())];
  const wanted = all.filter(
    ({ id }) => (ids?.includes(id) ?? true) && (settings.rows?.includes(id) ?? true),
  );
  return runnable(wanted, settings);
}

/** Those that can run here; who cannot is told of. */
export function runnable(wanted: readonly Contender[], settings: Settings): Contender[] {
  for (const { title, missing } of wanted) {
    if (missing !== undefined) {
      settings.say(`left out: ${title}, needs ${missing}`);
    }
  }
  return wanted.filter(({ missing }) => missing === undefined);
}
