/**
 * Which file of a directory a runtime takes, and why: each has a rule of its own, and most of "the
 * network is not ready" is a rule that took another file than was meant.
 */
import { statSync } from "node:fs";
import { basename, extname } from "node:path";
import { defined } from "../../base/index.ts";
import type { JudgedFile } from "./network.ts";

/** What one runtime takes from a directory. */
export interface ClientChoice {
  readonly client: string;
  /** The file of its default network; absent where it takes none. */
  readonly file?: string;
  readonly network?: string;
  readonly why: string;
  /** Whether it takes no network because a file is broken. */
  readonly isStopped: boolean;
}

const READ_BY_MOST: readonly string[] = [".conf", ".conflist", ".json"];
/** The largest file that containerd takes (go-cni), in bytes. */
const CONTAINERD_MAX = 2 * 1024 * 1024;

/** The choices of the runtimes, for the files of one directory in order of their names. */
export function choicesOf(files: readonly JudgedFile[]): ClientChoice[] {
  const read = files.filter(({ file }) => READ_BY_MOST.includes(extname(file)));
  return [containerd(read), crio(read), podman(read)];
}

/** go-cni: sorted by name; a broken file that comes before enough good ones stops everything. */
function containerd(files: readonly JudgedFile[]): ClientChoice {
  const client = "containerd";
  const [first] = files;
  if (first === undefined) return none(client, "the directory has no .conf, .conflist or .json");
  const refusal = first.refusal ?? tooLarge(first.file);
  if (refusal !== undefined) {
    const why = `${basename(first.file)} is first by name, and broken (${refusal}): no later file is looked at`;
    return { client, why, isStopped: true };
  }
  return taken(
    client,
    first,
    "first by name; max_conf_num of its configuration, 1 by default, says how many more",
  );
}

function tooLarge(file: string): string | undefined {
  try {
    return statSync(file).size > CONTAINERD_MAX ? "it is larger than 2 MiB" : undefined;
  } catch {
    return undefined; // it is no file of the disk
  }
}

/** ocicni: broken files are passed over; `cni_default_network` may name another network. */
function crio(files: readonly JudgedFile[]): ClientChoice {
  const client = "CRI-O";
  const found = files.find(({ refusal }) => refusal === undefined);
  if (found === undefined) return none(client, "no file of the directory can be used");
  const passed = files.slice(0, files.indexOf(found)).map(({ file }) => basename(file));
  const skipped =
    passed.length === 0 ? "" : ` that is not broken (${passed.join(", ")} passed over)`;
  return taken(client, found, `first by name${skipped}, unless cni_default_network names another`);
}

/** podman: lists alone, by the name of the network. */
function podman(files: readonly JudgedFile[]): ClientChoice {
  const client = "podman";
  const lists = files.filter(
    ({ file, refusal }) => extname(file) === ".conflist" && refusal === undefined,
  );
  const found = lists.find(({ network }) => network?.name === DEFAULT_OF_PODMAN);
  if (found !== undefined) return taken(client, found, "its default network has that name");
  const names = [...new Set(lists.map(({ network }) => network?.name ?? ""))].slice(0, NAMED_MAX);
  const others = names.length === 0 ? "there is none" : `by --network: ${names.join(", ")}`;
  return none(client, `no .conflist is of its default network "${DEFAULT_OF_PODMAN}"; ${others}`);
}

const DEFAULT_OF_PODMAN = "podman";
const NAMED_MAX = 6;

function taken(client: string, { file, network }: JudgedFile, why: string): ClientChoice {
  return { client, file, ...defined({ network: network?.name }), why, isStopped: false };
}

function none(client: string, why: string): ClientChoice {
  return { client, why, isStopped: false };
}
