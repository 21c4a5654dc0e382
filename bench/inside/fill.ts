import { Netns } from "../../src/kernel/netns/index.ts";
import { writeSysctl } from "../../src/kernel/sysctl/index.ts";
import { runChain } from "../../tests/support/chain.ts";
import { dbnet, mapTcp } from "../../tests/support/dbnet.ts";
import { must } from "../../tests/support/exec.ts";
import { portRules, restore, sourceRules } from "./iptables.ts";
import type { Lab } from "./lab.ts";
import { addressAt, portAt } from "./numbers.ts";
import { reserve } from "./reservations.ts";
import { waitUntilIdle } from "./wait-until-idle.ts";
import type { Way } from "./way.ts";

/**
 * Attachments that are only there to be many.
 *
 * - `executables`: attached by the plugins themselves, one after the other.
 * - `iptables`: what the reference plugins would have left, made in bulk, since they would need hours:
 *   the veth pairs, the reservations, the chains and rules of masquerading and port mapping.
 * - `links`: the veth pairs alone.
 */
export interface FillOrder {
  readonly by: Extract<Way, { way: "executables" }> | "iptables" | "links";
  readonly from: number;
  readonly to: number;
}

/** A bridge takes 1,023 ports; more attachments need more of them. */
const ON_ONE_BRIDGE = 1000;
/** Their namespaces are shared, since thousands of those cost more than thousands of links. */
const IN_ONE_NAMESPACE = 100;
const AT_ONCE = 4;
/** Fewer make no noise. */
const MANY = 100;

interface Filler {
  readonly at: number;
  readonly bridge: string;
  readonly namespace: string;
}

/** Makes the attachments from one number to another. */
export async function fill(lab: Lab, order: FillOrder): Promise<void> {
  const fillers: Filler[] = [];
  for (let at = order.from; at < order.to; at++) {
    fillers.push({
      at,
      bridge: `fill${Math.floor(at / ON_ONE_BRIDGE)}`,
      namespace: `fill-${Math.floor(at / IN_ONE_NAMESPACE)}`,
    });
  }
  for (const name of new Set(fillers.map(({ namespace }) => namespace))) {
    const { netns } = await lab.namespace(name);
    using inside = Netns.open(netns);
    // Containers look for IPv6 routers again and again, at longer and longer intervals, and a bridge
    // tells each of its thousand ports: waves of work for minutes, which are not what is measured.
    writeSysctl("net.ipv6.conf.default.router_solicitations", "0", inside);
  }
  if (typeof order.by === "object") {
    await attach(order.by, fillers);
  } else {
    await links(fillers);
  }
  if (order.by === "iptables") {
    reserve(order, "dbnet");
    await restore(fillers.flatMap(({ at }) => [...sourceRules(at), ...portRules(at)]));
  }
  if (fillers.length >= MANY) await waitUntilIdle();
}

/** Attaches by plugins, a few at once. */
async function attach(
  how: Extract<Way, { way: "executables" }>,
  fillers: readonly Filler[],
): Promise<void> {
  const left = [...fillers].reverse();
  const one = async ({ at, bridge, namespace }: Filler): Promise<void> => {
    const { plugins, ...network } = dbnet();
    const [first, , portmap] = plugins;
    // No routes, since they share namespaces; the bridges need no address, since no traffic flows.
    const ipam = { ...(first?.["ipam"] as object), routes: [] };
    const list = {
      ...network,
      plugins: [{ ...first, bridge, isGateway: false, ipam }, { ...portmap }],
    };
    const attachment = {
      containerId: `fill-${at}`,
      netns: `/run/netns/${namespace}`,
      ifName: `e${at}`,
      capabilityArgs: mapTcp(portAt(at), 80),
    };
    await runChain({ dir: how.dir, list, operation: "ADD", attachment });
  };
  const some = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await one(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, some));
}

async function links(fillers: readonly Filler[]): Promise<void> {
  const known = new Set(
    [...(await must(["ip", "-o", "link", "show", "type", "bridge"])).matchAll(/ (fill\d+):/g)].map(
      ([, name]) => name,
    ),
  );
  const bridges = [...new Set(fillers.map(({ bridge }) => bridge))].filter((b) => !known.has(b));
  const lines = [
    ...bridges.map((bridge) => `link add ${bridge} up type bridge`),
    ...fillers.flatMap(({ at, bridge, namespace }) => [
      `link add vf${at} up master ${bridge} type veth peer name e${at} netns ${namespace}`,
    ]),
  ];
  await must(["ip", "-batch", "-"], { stdin: `${lines.join("\n")}\n`, timeoutMs: 600_000 });
  for (const name of new Set(fillers.map(({ namespace }) => namespace))) {
    const own = fillers.filter(({ namespace }) => namespace === name);
    const inside = own.flatMap(({ at }) => [
      `link set e${at} up`,
      `address add ${addressAt(at)}/16 dev e${at}`,
    ]);
    await must(["ip", "-n", name, "-batch", "-"], { stdin: `${inside.join("\n")}\n` });
  }
}
