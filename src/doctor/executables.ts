/** The executables that networks name: there, executable, and of a version that fits. */
import { accessSync, constants } from "node:fs";
import { DEFAULT_PLUGIN_DIR, errorText, shellWord } from "../base/index.ts";
import { findPlugin } from "../invoke/index.ts";
import { CniError, ErrorCode, field, isObject, type JsonObject } from "../spec/index.ts";
import { isKnownPlugin, pluginMeant } from "../validate/index.ts";
import { NotReached, type Report } from "./report.ts";
import { textAt } from "./subject.ts";
import type { Node } from "./surroundings.ts";

/** A plugin of a network, or one that it delegates to. */
interface Wanted {
  readonly type: string;
  readonly network: string;
  readonly version: string;
}

const VERSION_MS = 2000;

/** Every executable that the networks name: there, executable, and of a version that fits. */
export async function lookAtExecutables(
  node: Node,
  report: Report,
  networks: readonly {
    readonly name: string;
    readonly version: string;
    readonly plugins: readonly JsonObject[];
  }[],
): Promise<void> {
  const wanted = networks.flatMap(({ name, version, plugins }) =>
    plugins.flatMap(typesOf).map((type) => ({ type, network: name, version })),
  );
  const byType = Map.groupBy(wanted, ({ type }) => type);
  if (byType.size === 0) throw new NotReached("no plugin is known");
  const found = await Promise.all(
    [...byType].map(async ([type, users]) => await executable(node, report, type, users)),
  );
  report.pass(found.filter((text) => text !== "").join(", "));
}

/** The type of a plugin, and that of what it delegates addresses to. */
function typesOf(plugin: JsonObject): string[] {
  const ipam = field(plugin, "ipam");
  const types = [textAt(plugin, "type"), isObject(ipam) ? textAt(ipam, "type") : ""];
  return types.filter((type) => type !== "");
}

async function executable(
  node: Node,
  report: Report,
  type: string,
  users: readonly Wanted[],
): Promise<string> {
  const names = [...new Set(users.map(({ network }) => network))].slice(0, 3).join(", ");
  let path = "";
  try {
    path = findPlugin(type, node.pluginDirs);
    report.look(path);
    accessSync(path, constants.X_OK);
  } catch (error) {
    if (path === "") {
      const dirs = node.pluginDirs.join(", ");
      const meant = pluginMeant(type);
      const question = meant === undefined ? "" : `; did you mean ${meant}?`;
      report.find(
        "plugin-missing",
        `the plugin ${type} of ${names} is in none of: ${dirs}${question}`,
        whereToGet(node, type, meant === undefined ? undefined : users[0]?.network),
      );
    } else {
      const remedy = `chmod 755 ${shellWord(path)}`;
      report.find(
        "plugin-not-executable",
        `${path} may not be executed: ${errorText(error)}`,
        remedy,
      );
    }
    return "";
  }
  return await versions(node, report, { type, path, users });
}

/** @param slip the network in whose file the type seems to be a slip, which `validate` shows */
function whereToGet({ pluginDirs, view }: Node, type: string, slip: string | undefined): string {
  const file = slip === undefined ? undefined : view.networks.get(slip)?.file;
  if (file !== undefined) return `hawser validate ${shellWord(file)}`;
  const [first = DEFAULT_PLUGIN_DIR] = pluginDirs;
  return isKnownPlugin(type)
    ? `hawser install --bin-dir ${shellWord(first)}`
    : `find / -xdev -type f -name ${shellWord(type)}`;
}

async function versions(
  { runtime }: Node,
  report: Report,
  {
    type,
    path,
    users,
  }: { readonly type: string; readonly path: string; readonly users: readonly Wanted[] },
): Promise<string> {
  try {
    const { supportedVersions } = await runtime.version(type, { timeoutMs: VERSION_MS });
    const unfit = users.find(({ version }) => !supportedVersions.includes(version));
    if (unfit !== undefined) {
      report.find(
        "configuration-version",
        `${path} does not support cniVersion ${unfit.version}, which network ${unfit.network} has: it supports ${supportedVersions.join(", ")}`,
        `hawser version ${shellWord(unfit.network)}`,
      );
    }
    return `${type} up to ${supportedVersions.at(-1) ?? "nothing"}`;
  } catch (error) {
    const { code, message } = CniError.from(error);
    if (code === ErrorCode.INCOMPATIBLE_CNI_VERSION) return type;
    report.find(
      "plugin-broken",
      `${path} does not answer VERSION: ${message}`,
      `CNI_COMMAND=VERSION ${shellWord(path)} < /dev/null`,
    );
    return "";
  }
}
