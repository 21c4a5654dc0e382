import type { Conflist } from "../support/chain.ts";
import { entriesMissing } from "../support/daemon.ts";
import { EtcdCluster } from "../support/etcd.ts";
import { FleetLab, type FleetNode } from "../support/fleet-lab.ts";
import { needs, skipBecause } from "../support/needs.ts";

/** What tests of daemons that take part in a fleet share: nodes in a lab, on a real etcd. */

const missing = entriesMissing();

/** A test for a machine that can start all of it. */
export const fleetTest: ReturnType<typeof needs> =
  missing === undefined ? needs("root", "etcd", "etcdctl", "ip") : skipBecause(missing);

/** The picture that a node has of itself, as far as tests look at it. */
export interface Picture {
  readonly epoch: number;
  readonly session: string;
  readonly node: string;
  readonly subnets: readonly { holdings: readonly { prefix: string; state: string }[] }[];
}

export interface Fleet extends AsyncDisposable {
  readonly lab: FleetLab;
  readonly etcd: EtcdCluster;
  readonly nodes: readonly FleetNode[];
  /** `store` of a configuration. */
  readonly store: Readonly<Record<string, unknown>>;
}

/** A lab with an etcd at the lab's own address. */
export async function fleet(nodes: number): Promise<Fleet> {
  await using making = new AsyncDisposableStack();
  const lab = making.use(await FleetLab.create());
  const etcd = making.use(await EtcdCluster.start({ members: [{ address: lab.address4 }] }));
  const started = await lab.start(nodes);
  const stack = making.move();
  return {
    ...{ lab, etcd, nodes: started, store: { etcd: { endpoints: etcd.endpoints, timeout: "2s" } } },
    [Symbol.asyncDispose]: async () => await stack.disposeAsync(),
  };
}

export function first<T>([one]: readonly T[]): T {
  if (one === undefined) throw new Error("there is none");
  return one;
}

export function pictureOf(node: FleetNode, network: string = "pods"): Picture | undefined {
  return node.json<Picture>(`/var/lib/hawser/cluster/${network}/picture.json`);
}

/** What the node may reserve from. */
export function held(node: FleetNode, network?: string): string[] {
  return (pictureOf(node, network)?.subnets ?? []).flatMap(({ holdings }) =>
    holdings.flatMap(({ prefix, state }) => (state === "held" ? [prefix] : [])),
  );
}

export async function isReady(node: FleetNode): Promise<boolean> {
  return (await node.status())["ready"] === true;
}

/** Starts a daemon on each node, with a network in its configuration directory. */
export async function begin(nodes: readonly FleetNode[], list: Conflist): Promise<void> {
  for (const node of nodes) node.configure(list);
  await Promise.all(nodes.map(async (node) => await node.startDaemon()));
}
