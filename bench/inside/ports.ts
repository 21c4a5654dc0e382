import { fileURLToPath } from "node:url";
import { type AttachmentParameters, runChain } from "../../tests/support/chain.ts";
import { dbnet, mapTcp } from "../../tests/support/dbnet.ts";
import { must } from "../../tests/support/exec.ts";
import { startGreeter } from "../../tests/support/traffic.ts";
import { portRules, restore } from "./iptables.ts";
import type { Lab } from "./lab.ts";
import { addressAt, portAt } from "./numbers.ts";
import { resultWith } from "./prev-result.ts";
import type { Way } from "./way.ts";

const CONNECTOR = fileURLToPath(new URL("./connector.ts", import.meta.url));

/** Ports that lead nowhere, to be many; behind them, last of all, one that leads to a server. */
export interface PortsOrder {
  readonly how: Extract<Way, { way: "executables" }>;
  /** By `iptables` in bulk, in the shape of the reference plugins; else by the plugin itself. */
  readonly bulk?: boolean;
  readonly from: number;
  readonly to: number;
  /** The port of the host that leads to the server. */
  readonly serverPort: number;
}

/** How many mappings one container gets where the plugin makes them. */
const OF_ONE_CONTAINER = 100;
const SERVED_PORT = 80;

/** Makes the mappings, and a container with a server whose port is mapped after all the others. */
export async function openPorts(lab: Lab, order: PortsOrder): Promise<void> {
  const { dir, daemon } = order.how;
  if (daemon !== undefined) await lab.daemon(dir, daemon);
  if (order.bulk === true) {
    const places = Array.from({ length: order.to - order.from }, (_, at) => order.from + at);
    await restore(places.flatMap(portRules));
  } else {
    for (let at = order.from; at < order.to; at += OF_ONE_CONTAINER) {
      await mapSome(lab, order, at, Math.min(order.to, at + OF_ONE_CONTAINER));
    }
  }
  await serve(lab, order);
}

/** One call of portmap for a container that is nowhere. */
async function mapSome(lab: Lab, order: PortsOrder, from: number, to: number): Promise<void> {
  const { plugins, ...network } = dbnet({ backend: order.how.backend });
  const portMappings = Array.from({ length: to - from }, (_, at) => ({
    hostPort: portAt(from + at),
    containerPort: SERVED_PORT,
    protocol: "tcp",
  }));
  const attachment: AttachmentParameters = {
    containerId: `ports-${from}`,
    netns: lab.container.netns,
    ifName: "eth0",
    capabilityArgs: { portMappings },
  };
  const list = { ...network, plugins: plugins.filter(({ type }) => type === "portmap") };
  const prevResult = resultWith(addressAt(from));
  await runChain({ dir: order.how.dir, list, operation: "ADD", attachment, prevResult });
}

async function serve(lab: Lab, { how, serverPort }: PortsOrder): Promise<void> {
  const container = await lab.namespace(`server-${serverPort}`);
  const attachment: AttachmentParameters = {
    containerId: `server-${serverPort}`,
    netns: container.netns,
    ifName: "eth0",
    capabilityArgs: mapTcp(serverPort, SERVED_PORT),
  };
  const list = dbnet({ backend: how.backend });
  await runChain({ dir: how.dir, list, operation: "ADD", attachment });
  const greeter = await startGreeter(container, SERVED_PORT);
  lab.atEnd(() => greeter.stop());
}

/** Times in milliseconds of new connections from a machine beyond the host to a port of the host. */
export async function connections(
  lab: Lab,
  { port, count }: { port: number; count: number },
): Promise<number[]> {
  const outside = await lab.outside();
  const argv = ["nsenter", `--net=${outside.netns}`, "--", process.execPath, CONNECTOR];
  const printed = await must([...argv, outside.hostAddress4, String(port), String(count)]);
  return JSON.parse(printed) as number[];
}
