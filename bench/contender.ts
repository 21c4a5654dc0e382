import { join } from "node:path";
import { buildNewest } from "../tests/peers/build-newest.ts";
import {
  type Backend,
  debianPlugins,
  hawserPlugins,
  newestPlugins,
} from "../tests/support/plugin-sets.ts";

/** How a contender does its work; plain data, because a worker process gets it as JSON. */
export type Way =
  | { readonly way: "executables"; readonly dir: string; readonly backend?: Backend }
  | { readonly way: "runtime"; readonly dir: string }
  | { readonly way: "kernel" }
  | { readonly way: "start"; readonly argv: readonly string[] };

/** One row of the benchmark. */
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

const WARM_UP = { executable: 2, process: 40 } as const;

function lacking(reason: string | undefined): { missing?: string } {
  return reason === undefined ? {} : { missing: reason };
}

/** All rows that run the dbnet chain, best known first. */
export async function chainContenders(): Promise<Contender[]> {
  const own = hawserPlugins();
  const debian = debianPlugins();
  const notBuilt = await buildNewest();
  const newest = { ...newestPlugins(), ...lacking(notBuilt) };
  const executables = (dir: string, backend?: Backend): Way => ({
    way: "executables",
    dir,
    ...(backend === undefined ? {} : { backend }),
  });
  return [
    {
      id: "kernel",
      title: "the kernel's part alone",
      how: { way: "kernel" },
      warmUp: WARM_UP.process,
      reference: false,
    },
    {
      id: "runtime",
      title: "Hawser, in process",
      how: { way: "runtime", dir: own.dir },
      warmUp: WARM_UP.process,
      reference: false,
      ...lacking(own.missing),
    },
    {
      id: "executables",
      title: "Hawser, executables",
      how: executables(own.dir),
      warmUp: WARM_UP.executable,
      reference: false,
      ...lacking(own.missing),
    },
    {
      id: "debian",
      title: "reference, Debian's (iptables)",
      how: executables(debian.dir),
      warmUp: WARM_UP.executable,
      reference: true,
      ...lacking(debian.missing),
    },
    ...(["iptables", "nftables"] as const).map((backend) => ({
      id: `newest-${backend}`,
      title: `reference, newest (${backend})`,
      how: executables(newest.dir, backend),
      warmUp: WARM_UP.executable,
      reference: true,
      ...lacking(newest.missing),
    })),
  ];
}

/** Rows that only start a process: the least that any executable can cost. */
export async function startContenders(): Promise<Contender[]> {
  const sets = [hawserPlugins(), debianPlugins(), newestPlugins()];
  const nothing: Way = { way: "start", argv: ["/bin/true"] };
  return [
    {
      id: "true",
      title: "a process that does nothing",
      how: nothing,
      warmUp: WARM_UP.executable,
      reference: false,
    },
    ...sets.map((set) => ({
      id: `version-${set.name}`,
      title: `VERSION of bridge, ${set.name}`,
      how: { way: "start", argv: [join(set.dir, "bridge")] } as const,
      warmUp: WARM_UP.executable,
      reference: set.name !== "hawser",
      ...lacking(set.missing),
    })),
  ];
}
