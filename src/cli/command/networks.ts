/** `hawser networks`: which files configure which network, and what is attached to each. */
import { basename } from "node:path";
import { networkForm } from "../../api/form/index.ts";
import { type NetworkRow, networkRows } from "../../api/networks/index.ts";
import type { ErrorForm } from "../../forms/index.ts";
import { loadNetworks } from "../../runtime/index.ts";
import { CniError, type JsonObject } from "../../spec/index.ts";
import type { FleetSide } from "../../view/fleet/index.ts";
import { failureJson } from "../failure.ts";
import type { CliIo } from "../io.ts";
import { json } from "../json.ts";
import { problemText, readNode } from "../node.ts";
import { type CommonOptions, confDir } from "../request.ts";
import { Session } from "../session.ts";
import { type Column, table } from "../table.ts";

/** What `networks` has beside the common options. */
export interface NetworksOptions extends CommonOptions {
  readonly quiet?: boolean;
}

/** `hawser networks`: files in the order of their names, as runtimes read them. */
export async function runNetworks(io: CliIo, options: NetworksOptions): Promise<number> {
  const session = new Session(io, options, "NETWORKS");
  return await session.run(async () => {
    const dir = confDir(io, options);
    const { networks, warnings } = loadNetworks(dir);
    if (options.quiet === true) {
      io.stdout.write(networks.map(({ config }) => `${config.name}\n`).join(""));
      return;
    }
    for (const text of warnings) session.warn(text);
    const view = readNode(session);
    const rows = await networkRows({ env: io.env, confDir: dir, view });
    session.answer({
      networks: rows.map((row) => json(networkForm(row, (error) => failureForm(error, io)))),
      problems: view.problems.map(problemText),
    });
    if (session.json) return;
    io.stdout.write(table(COLUMNS, rows, io.stdout));
    if (rows.length === 0) io.stderr.write(`no network is configured in ${dir}\n`);
  });
}

const COLUMNS: readonly Column<NetworkRow>[] = [
  { title: "NETWORK", text: ({ name }) => name, least: 8 },
  { title: "VERSION", text: ({ version }) => version, spare: 2 },
  { title: "PLUGINS", text: ({ plugins }) => plugins.join(","), least: 10, spare: 1 },
  {
    title: "ATTACHED",
    text: ({ attached, error }) => (error === undefined ? String(attached) : ""),
    isRight: true,
  },
  { title: "FILE", text: ({ file }) => file, least: 10 },
  { title: "NOTE", text: noteOf, isOptional: true, least: 20 },
];

function fleetNote({ network, overlay, blocks, waits }: FleetSide): string {
  if (waits !== undefined) return `fleet ${network}: an ADD waits: ${waits}`;
  const way = overlay === "none" ? "no overlay" : overlay;
  return `fleet ${network}: ${blocks.join(" ") || "no block yet"}, ${way}`;
}

function noteOf({ file, error, unhealthy, fleet }: NetworkRow): string {
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

/** With what the command line knows to do about it. */
function failureForm(error: Error, io: CliIo): ErrorForm {
  return failureJson(error, io) as JsonObject & ErrorForm;
}
