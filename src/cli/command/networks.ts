/** `hawser networks`: which files configure which network, and what is attached to each. */
import { basename } from "node:path";
import { defined } from "../../base/index.ts";
import { loadNetworks } from "../../runtime/index.ts";
import {
  CniError,
  field,
  isObject,
  type JsonObject,
  type NetworkConfig,
} from "../../spec/index.ts";
import type { FleetSide } from "../../view/fleet/index.ts";
import { failureJson } from "../failure.ts";
import type { CliIo } from "../io.ts";
import { problemText, readNode } from "../node.ts";
import { type CommonOptions, confDir } from "../request.ts";
import { Session } from "../session.ts";
import { type Column, table } from "../table.ts";

/** What `networks` has beside the common options. */
export interface NetworksOptions extends CommonOptions {
  readonly quiet?: boolean;
}

/** A file, or a network that no file configures any more. */
interface Row {
  readonly file: string;
  readonly name: string;
  readonly version: string;
  readonly plugins: readonly string[];
  readonly attached: number;
  readonly unhealthy: number;
  /** Where its addresses come from a fleet: this node's side of that. */
  readonly fleet?: FleetSide;
  /** Why the file is passed over. */
  readonly error?: Error;
}

/** `hawser networks`: files in the order of their names, as runtimes read them. */
export async function runNetworks(io: CliIo, options: NetworksOptions): Promise<number> {
  const session = new Session(io, options, "NETWORKS");
  return await session.run(async () => {
    const dir = confDir(io, options);
    const { networks, skipped, warnings } = loadNetworks(dir);
    if (options.quiet === true) {
      io.stdout.write(networks.map(({ config }) => `${config.name}\n`).join(""));
      return;
    }
    for (const text of warnings) session.warn(text);
    const view = readNode(session);
    const counts = new Map<string, { attached: number; unhealthy: number }>();
    for (const { network, state } of view.attachments) {
      const { attached, unhealthy } = counts.get(network) ?? { attached: 0, unhealthy: 0 };
      const more = state === "ok" ? 0 : 1;
      counts.set(network, { attached: attached + 1, unhealthy: unhealthy + more });
    }
    const countOf = (name: string): { attached: number; unhealthy: number } =>
      counts.get(name) ?? { attached: 0, unhealthy: 0 };
    const sides = await fleetSides(
      io,
      dir,
      networks.map(({ config }) => config),
    );
    const configured = networks.map(({ file, config }): Row => {
      const { name, cniVersion, plugins } = config;
      const types = plugins.map(({ type }) => type);
      const fleet = sides.get(name);
      return {
        ...{ file, name, version: cniVersion || "0.1.0", plugins: types, ...countOf(name) },
        ...(fleet === undefined ? {} : { fleet }),
      };
    });
    const broken = skipped.map(({ file, error }): Row => {
      return { file, name: "", version: "", plugins: [], attached: 0, unhealthy: 0, error };
    });
    const names = new Set(networks.map(({ config }) => config.name));
    const without = [...counts.keys()]
      .filter((name) => !names.has(name))
      .map((name): Row => ({ file: "", name, version: "", plugins: [], ...countOf(name) }));
    const files = [...configured, ...broken].sort((one, other) => (one.file < other.file ? -1 : 1));
    const rows = [...files, ...without];
    session.answer({
      networks: rows.map((row) => rowJson(row, io)),
      problems: view.problems.map(problemText),
    });
    if (session.json) return;
    io.stdout.write(table(COLUMNS, rows, io.stdout));
    if (rows.length === 0) io.stderr.write(`no network is configured in ${dir}\n`);
  });
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "NETWORK", text: ({ name }) => name, least: 8 },
  { title: "VERSION", text: ({ version }) => version },
  { title: "PLUGINS", text: ({ plugins }) => plugins.join(","), least: 10 },
  {
    title: "ATTACHED",
    text: ({ attached, error }) => (error === undefined ? String(attached) : ""),
    isRight: true,
  },
  { title: "FILE", text: ({ file }) => file, least: 10 },
  { title: "NOTE", text: noteOf, isOptional: true, least: 20 },
];

/** By the networks' names; where none takes its addresses from a fleet, nothing of it is loaded. */
async function fleetSides(
  io: CliIo,
  dir: string,
  configs: readonly NetworkConfig[],
): Promise<ReadonlyMap<string, FleetSide>> {
  const sides = new Map<string, FleetSide>();
  const isFleet = ({ json }: NetworkConfig["plugins"][number]): boolean => {
    const ipam = field(json, "ipam");
    return isObject(ipam) && field(ipam, "type") === "cluster";
  };
  if (!configs.some(({ plugins }) => plugins.some(isFleet))) return sides;
  const { fleetNetworks, fleetSide } = await import("../../view/fleet/index.ts");
  for (const found of fleetNetworks(io.env, dir).networks.values()) {
    for (const name of found.names) sides.set(name, fleetSide(found));
  }
  return sides;
}

function fleetNote({ network, overlay, blocks, waits }: FleetSide): string {
  if (waits !== undefined) return `fleet ${network}: an ADD waits: ${waits}`;
  const way = overlay === "none" ? "no overlay" : overlay;
  return `fleet ${network}: ${blocks.join(" ") || "no block yet"}, ${way}`;
}

function noteOf({ file, error, unhealthy, fleet }: Row): string {
  if (error !== undefined) return `passed over: ${reasonOf(error, file)}`;
  if (file === "") return "no file configures it";
  const notes = [
    ...(unhealthy === 0 ? [] : [`${unhealthy} not as they should be: hawser ls`]),
    ...(fleet === undefined ? [] : [fleetNote(fleet)]),
  ];
  return notes.join("; ");
}

/** Most messages name their file themselves. */
function reasonOf(error: Error, file: string): string {
  const { message } = CniError.from(error);
  return message.replace(`${file}: `, "").replaceAll(file, basename(file));
}

function rowJson(
  { file, name, version, plugins, attached, unhealthy, fleet, error }: Row,
  io: CliIo,
): JsonObject {
  if (error !== undefined) return { file, error: failureJson(error, io) };
  return {
    network: name,
    ...(file === "" ? {} : { cniVersion: version, file }),
    plugins: plugins.map((type) => ({ type })),
    attachedCount: attached,
    unhealthyCount: unhealthy,
    ...(fleet === undefined ? {} : { fleet: fleetJson(fleet) }),
  };
}

function fleetJson({ network, node, overlay, blocks, waits }: FleetSide): JsonObject {
  return { network, overlay, blocks: [...blocks], ...defined({ node, waits }) };
}
