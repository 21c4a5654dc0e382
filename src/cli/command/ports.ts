/** `hawser ports`: which ports of the host lead where. */
import { createColors } from "picocolors";
import { hostPortForm, listenerForm } from "../../api/form/index.ts";
import { printable } from "../../base/index.ts";
import { at } from "../../plugins/portmap/index.ts";
import type { Attachment } from "../../spec/index.ts";
import {
  type HostPort,
  type Listener,
  listenersOn,
  portFacts,
  portsOf,
} from "../../view/ports/index.ts";
import { requireNetwork, shortId } from "../attachments.ts";
import type { CliIo } from "../io.ts";
import { json } from "../json.ts";
import { readNode } from "../node.ts";
import type { CommonOptions } from "../request.ts";
import { Session } from "../session.ts";
import { listed } from "../suggest.ts";
import { type Column, table } from "../table.ts";

/** What `ports` has beside the common options. */
export interface PortsOptions extends CommonOptions {
  /** Of one network only. */
  readonly network?: string;
}

/** A port of the host, of one protocol or of all. */
export interface AskedPort {
  readonly port: number;
  readonly protocol?: string;
}

/** `hawser ports [PORT]` */
export async function runPorts(
  io: CliIo,
  asked: AskedPort | undefined,
  options: PortsOptions,
): Promise<number> {
  const session = new Session(io, options, "PORTS");
  return await session.run(async () => {
    const view = readNode(session);
    if (options.network !== undefined) requireNetwork(view, options.network);
    const facts = portFacts(view.attachments, io.env, ({ source, text }) =>
      session.warn(`${source} is left out: ${text}`),
    );
    const ports = portsOf(facts, asked?.port).filter((each) =>
      isAsked(each, asked, options.network),
    );
    const listeners = listenersOn((port, protocol) => {
      if (asked !== undefined) return isSamePort({ port, protocol }, asked);
      return ports.some(({ target: { mapping } }) =>
        isSamePort({ port, protocol }, { port: mapping.hostPort, protocol: mapping.protocol }),
      );
    });
    session.answer(() => ({
      ports: ports.map((port) => json(hostPortForm(port))),
      listeners: listeners.map((each) => json(listenerForm(each))),
    }));
    if (!session.json) io.stdout.write(table(COLUMNS, ports, io.stdout));
    if (ports.length === 0) session.say(nothing(asked, portsOf(facts), listeners));
    for (const each of listeners) session.say(listenerText(each, ports));
  });
}

function isAsked(
  { target: { mapping }, owner }: HostPort,
  asked: AskedPort | undefined,
  network: string | undefined,
): boolean {
  if (network !== undefined && owner.network !== network) return false;
  const { hostPort: port, protocol } = mapping;
  return asked === undefined || isSamePort({ port, protocol }, asked);
}

function isSamePort(
  one: Required<AskedPort>,
  { port, protocol = one.protocol }: AskedPort,
): boolean {
  return one.port === port && one.protocol === protocol;
}

function nothing(
  asked: AskedPort | undefined,
  all: readonly HostPort[],
  listeners: readonly Listener[],
): string {
  if (all.length === 0 && asked === undefined) return "no port of this host leads to a container";
  const others = [...new Set(all.map(({ target }) => target.mapping.hostPort))].map(String);
  const mapped = others.length === 0 ? "no port is mapped" : `mapped are: ${listed(others)}`;
  if (asked === undefined) return `no such port leads to a container; ${mapped}`;
  const { port, protocol } = asked;
  const name = `${protocol === undefined ? "" : `${protocol} `}port ${port}`;
  const use = listeners.length > 0 ? "leads to no container" : "is free";
  return `${name} ${use}; ${mapped}`;
}

const COLUMNS: readonly Column<HostPort>[] = [
  { title: "PORT", text: ({ target }) => String(target.mapping.hostPort), isRight: true },
  { title: "PROTOCOL", text: ({ target }) => target.mapping.protocol, spare: 3 },
  { title: "HOST ADDRESS", text: ({ target }) => target.hostIp?.toString() ?? "all", spare: 2 },
  {
    title: "LEADS TO",
    text: ({ target: { address, mapping } }) => at(address, mapping.containerPort),
  },
  { title: "CONTAINER", text: ({ owner }) => ownerText(owner), least: 9 },
  { title: "NETWORK", text: ({ owner }) => owner.network ?? "", spare: 1 },
  { title: "STATE", text: stateText, paint: (text, { state }) => paint(text, state) },
];

function stateText({ state, holder }: HostPort): string {
  return holder === undefined ? STATES[state] : `waits for ${ownerText(holder)}`;
}

function paint(text: string, state: HostPort["state"]): string {
  return state === "mapped" ? text : createColors(true).yellow(text);
}

const STATES: Readonly<Record<HostPort["state"], string>> = {
  mapped: "mapped",
  waiting: "waits for another",
  dead: "dead: its container is gone",
  unknown: "leads to what nothing here knows to be attached",
  missing: "missing: the kernel does not map it",
  noted: "noted; the kernel was not asked",
};

function ownerText({ containerId = "", ifName = "" }: Partial<Attachment>): string {
  const id = shortId(containerId);
  return ifName === "" ? id : `${id} ${ifName}`;
}

function listenerText(
  { protocol, port, address, process }: Listener,
  ports: readonly HostPort[],
): string {
  const who =
    process === undefined ? "something" : `${printable(process.name)} (pid ${process.pid})`;
  const isMapped = ports.some(
    ({ target: { mapping }, state }) =>
      state === "mapped" && mapping.hostPort === port && mapping.protocol === protocol,
  );
  const result = isMapped ? ": what comes to the mapped addresses goes to the container" : "";
  return `${who} listens on ${protocol} ${at(address, port)}${result}`;
}
