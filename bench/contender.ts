import { existsSync } from "node:fs";
import { join } from "node:path";
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
  /** Of a contender of another checkout: the id of the same one in this checkout. */
  readonly after?: string;
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

/** The ways to call the plugins of one checkout. */
function ours({ names, own, entries, checkout }: Build): Contender[] {
  const common = { warmUp: WARM_UP.process, reference: false } as const;
  const others = checkout === undefined ? {} : { checkout };
  return [
    {
      ...names("runtime", "in process"),
      how: { way: "runtime", dir: own.dir, ...others },
      ...common,
      ...lacking(own.missing),
    },
    {
      ...names("entry", "entry programs, daemon up"),
      how: { way: "executables", dir: entries.dir, daemon: "unit" },
      ...common,
      ...lacking(entries.missing),
    },
    {
      ...names("entry-down", "entry programs, daemon down"),
      how: { way: "executables", dir: entries.dir },
      ...common,
      warmUp: WARM_UP.executable,
      ...lacking(entries.missing),
    },
    {
      ...names("executables", "executables"),
      how: { way: "executables", dir: own.dir },
      ...common,
      warmUp: WARM_UP.executable,
      ...lacking(own.missing),
    },
  ];
}

/** What is built in one checkout. */
interface Build {
  readonly names: (id: string, title: string) => Pick<Contender, "id" | "title" | "after">;
  readonly own: Programs;
  readonly entries: Programs;
  readonly checkout?: string;
}

interface Programs {
  readonly dir: string;
  readonly missing?: string;
}

function thisBuild(): Build {
  return {
    names: (id, title) => ({ id, title: `Hawser, ${title}` }),
    own: hawserPlugins(),
    entries: entryPrograms(),
  };
}

/** Another checkout of Hawser, which `npm run build` was run in. */
function otherBuild(checkout: string): Build {
  const programs = (dir: string): Programs => ({
    dir,
    ...lacking(existsSync(join(dir, "bridge")) ? undefined : `${dir} (npm run build)`),
  });
  return {
    names: (id, title) => ({ id: beforeOf(id), title: `before: ${title}`, after: id }),
    own: programs(join(checkout, "dist/cni")),
    entries: programs(join(checkout, "dist/entry")),
    checkout,
  };
}

/** The id of the contender that is the same in the other checkout. */
export function beforeOf(id: string): string {
  return `before-${id}`;
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

/**
 * All that can run the dbnet chain here and are wanted, with those of the other checkout beside
 * their like; what cannot run is named.
 */
export async function contenders(
  settings: Settings,
  ids?: readonly string[],
): Promise<Contender[]> {
  const { against } = settings;
  const all = [
    ...floors(),
    ...ours(thisBuild()),
    ...(against === undefined ? [] : ours(otherBuild(against))),
    ...(await references()),
  ];
  const wanted = all.filter(({ id, after = id }) =>
    [ids, settings.rows].every((some) => some?.includes(after) ?? true),
  );
  return runnable(wanted, settings);
}

/** Those that can run here; the others are named. */
export function runnable(wanted: readonly Contender[], settings: Settings): Contender[] {
  for (const { title, missing } of wanted) {
    if (missing !== undefined) settings.say(`left out: ${title}, needs ${missing}`);
  }
  return wanted.filter(({ missing }) => missing === undefined);
}
