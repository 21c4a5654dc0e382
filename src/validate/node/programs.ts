/** The executables that a network needs: its plugins, their IPAM plugins, and delegates. */
import { readdirSync, statSync } from "node:fs";
import type { Node } from "jsonc-parser";
import { errorText, nearest } from "../../base/index.ts";
import { type Executor, findPlugin, getVersionInfo } from "../../invoke/index.ts";
import {
  atLeast,
  CniError,
  compareVersions,
  ErrorCode,
  isSpecVersion,
  LATEST,
  type PartialEnvironment,
} from "../../spec/index.ts";
import type { JudgedFile, NetworkNode } from "../network/network.ts";
import { elementsOf, memberOf, textOf } from "../text/tree.ts";

/** Where executables are, and how they are asked for their versions. */
export interface Programs {
  /** The plugin directories, in the order in which they are searched. */
  readonly dirs: readonly string[];
  readonly executor: Executor;
  readonly env: PartialEnvironment;
  readonly signal?: AbortSignal;
  /** Directories in which plugins lie on some machines, for advice. */
  readonly elsewhere?: readonly string[];
}

/** How long one plugin may take to tell its versions, in milliseconds. */
const PATIENCE_MS = 3000;
/** How deep delegates of delegates are followed. */
const MAX_DEPTH = 4;
/** The most executables that one run asks. */
const ASKED_MAX = 100;

/** A plugin that the network needs, and where that is said. */
interface Needed {
  readonly type: string;
  readonly node: Node;
  /** The plugin that calls it; undefined for one that the runtime calls. */
  readonly caller?: string;
  /** Directories that its caller searches as well. */
  readonly dirs: readonly string[];
}

/** What is known of an executable: its versions, or what is wrong with it. */
type Answer = { readonly versions: readonly string[] } | { readonly wrong: Wrong };

interface Wrong {
  readonly rule: "missing-plugin" | "not-executable" | "not-a-plugin";
  readonly message: string;
  readonly help: string;
}

/** Adds executables that are missing, are none, or are too old. Each is asked once. */
export async function judgePrograms(
  files: readonly JudgedFile[],
  programs: Programs,
): Promise<void> {
  const answers = new Map<string, Promise<Answer>>();
  const answerOf = async (needed: Needed): Promise<Answer | undefined> => {
    const key = `${needed.type} ${needed.dirs.join(" ")}`;
    const known = answers.get(key);
    if (known !== undefined) return await known;
    if (answers.size >= ASKED_MAX) return undefined;
    const asked = ask(needed, programs);
    answers.set(key, asked);
    return await asked;
  };
  for (const { network, findings } of files) {
    if (network === undefined) continue;
    const supported: (readonly string[])[] = [];
    const missing = new Set<string>();
    for (const needed of neededOf(network)) {
      const answer = await answerOf(needed);
      if (answer === undefined) continue;
      if ("versions" in answer) {
        supported.push(answer.versions);
        findings.withdraw("unknown-plugin", needed.node);
        judgeVersion(findings, network, needed, answer.versions);
      } else {
        const { rule, message, help } = answer.wrong;
        const by = needed.caller === undefined ? "" : `, which ${needed.caller} calls`;
        if (!missing.has(needed.type)) {
          findings.add(rule, needed.node, { message: message + by, help });
        }
        missing.add(needed.type);
      }
    }
    if (missing.size === 0) judgeCommon(findings, network, supported);
  }
}

function* neededOf({ plugins }: NetworkNode): Generator<Needed, void> {
  for (const { node, type } of plugins) {
    const name = memberOf(node, "type")?.value;
    if (type !== "" && name !== undefined) yield { type, node: name, dirs: [] };
    yield* delegatesOf(node, type, []);
  }
}

/** Plugins that a plugin hands its calls on to: IPAM, and what flannel, multus and others name. */
function* delegatesOf(
  object: Node,
  caller: string,
  above: readonly string[],
  depth = 0,
): Generator<Needed, void> {
  if (depth >= MAX_DEPTH) return;
  const own = textOf(object, "binDir") ?? "";
  const dirs = own === "" ? above : [...above, own];
  for (const key of ["ipam", "delegate", "delegates"]) {
    for (const part of objectsOf(memberOf(object, key)?.value)) {
      const type = textOf(part, "type") ?? "";
      const node = memberOf(part, "type")?.value;
      if (type !== "" && node !== undefined) yield { type, node, caller, dirs };
      yield* delegatesOf(part, type === "" ? caller : type, dirs, depth + 1);
    }
  }
}

function objectsOf(value: Node | undefined): Node[] {
  if (value?.type === "array") return elementsOf(value).flatMap(objectsOf);
  if (value?.type !== "object") return [];
  return [value, ...objectsOf(memberOf(value, "plugins")?.value)];
}

async function ask({ type, dirs: more }: Needed, programs: Programs): Promise<Answer> {
  const { executor, env, signal } = programs;
  const dirs = [...programs.dirs, ...more];
  let path: string;
  try {
    path = findPlugin(type, dirs);
  } catch (error) {
    const { code } = CniError.from(error);
    if (code !== ErrorCode.PLUGIN_NOT_AVAILABLE) {
      return {
        wrong: {
          rule: "missing-plugin",
          message: errorText(error),
          help: "write the name of an executable",
        },
      };
    }
    return { wrong: missing(type, dirs, programs.elsewhere ?? []) };
  }
  if (!isExecutable(path)) {
    const message = `${path} may not be executed`;
    return { wrong: { rule: "not-executable", message, help: `chmod 755 ${path}` } };
  }
  try {
    const request = { type, path, env, timeoutMs: PATIENCE_MS, ...(signal && { signal }) };
    return { versions: (await getVersionInfo(executor, request)).supportedVersions };
  } catch (error) {
    const help =
      "install the plugin anew: what lies there is none, or is built for another machine";
    const said = errorText(error).split("\n", 1)[0] ?? "";
    return {
      wrong: { rule: "not-a-plugin", message: `${path} does not answer VERSION: ${said}`, help },
    };
  }
}

function missing(type: string, dirs: readonly string[], elsewhere: readonly string[]): Wrong {
  const names = dirs.flatMap(namesIn);
  const near = nearest(type, names);
  const other = elsewhere.find((dir) => !dirs.includes(dir) && namesIn(dir).includes(type));
  const install = "install the plugin, or name its directory by --plugin-dir or CNI_PATH";
  const lies =
    other === undefined
      ? install
      : `it lies in ${other}: name that by --plugin-dir or CNI_PATH, or install it where it is looked for`;
  return {
    rule: "missing-plugin",
    message: `no executable "${type}" in ${dirs.join(", ")}`,
    help: near === undefined || near === type ? lies : `did you mean "${near}"? Else ${lies}`,
  };
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    return (statSync(path).mode & 0o111) !== 0;
  } catch {
    return false;
  }
}

function judgeVersion(
  findings: JudgedFile["findings"],
  { cniVersion, root }: NetworkNode,
  { type, node }: Needed,
  versions: readonly string[],
): void {
  const wanted = cniVersion === "" ? "0.1.0" : cniVersion;
  if (!isSpecVersion(wanted) || versions.includes(wanted)) return;
  const { file } = findings.source;
  const line = findings.source.lineOf((memberOf(root, "cniVersion")?.value ?? root).offset);
  findings.add("version-too-old-for-plugin", node, {
    message: `${type} does not support version ${wanted}: it has ${versions.slice(0, 12).join(", ")}`,
    help: `install a newer ${type}, or write the "cniVersion" that all plugins of the list have`,
    related: [{ file, line, message: '"cniVersion" of the list' }],
  });
}

/** A list of an old version goes without STATUS and GC, although its plugins may have them. */
function judgeCommon(
  findings: JudgedFile["findings"],
  { cniVersion, root }: NetworkNode,
  supported: readonly (readonly string[])[],
): void {
  const member = memberOf(root, "cniVersion");
  if (member === undefined || !isSpecVersion(cniVersion) || cniVersion === LATEST) return;
  if (supported.length === 0) return;
  const [common] = [...(supported[0] ?? [])]
    .filter(
      (version) => isSpecVersion(version) && supported.every((each) => each.includes(version)),
    )
    .sort((one, other) => compareVersions(other, one));
  if (common === undefined || atLeast(cniVersion, common)) return;
  findings.add("newer-version-possible", member.value, {
    message: `all plugins of the list support ${common}${common === LATEST ? ", with STATUS and GC" : ""}`,
    help: `write "cniVersion": "${common}", if your runtime has it too`,
  });
}
