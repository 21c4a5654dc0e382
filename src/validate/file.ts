/** One file, judged by itself. */
import { extname } from "node:path";
import type { Node } from "jsonc-parser";
import { errorText } from "../base/index.ts";
import { parseNetworkConfig, parsePluginConfig, selectVersion, upconvert } from "../spec/index.ts";
import { Findings } from "./findings.ts";
import { judgeEffects, judgeListEffects } from "./keys/effects.ts";
import { judgeKeys } from "./keys/keys.ts";
import { judgeChain } from "./network/chain.ts";
import { judgeList } from "./network/list.ts";
import { type JudgedFile, type NetworkNode, pluginsOf } from "./network/network.ts";
import { judgeRanges } from "./network/ranges.ts";
import { decodeText, type RawFile, readRaw } from "./text/read.ts";
import { addSecrets, hideSecrets } from "./text/secrets.ts";
import { Source } from "./text/source.ts";
import { readTree } from "./text/syntax.ts";
import { judgeTemplates } from "./text/templates.ts";
import { elementsOf, memberOf, textOf } from "./text/tree.ts";
import { judgeValues } from "./values/values.ts";

const LIST = ".conflist";
/** The most plugins of one list whose values are judged. */
const PLUGINS_MAX = 50;

/** What a plugin's file in a network's directory takes from the list. */
export type Around = Pick<NetworkNode, "name" | "cniVersion">;

/**
 * Judges a file of the disk.
 * @param around of the list that a plugin's file is added to; absent for a network's own file
 */
export async function judgeFile(file: string, around?: Around): Promise<JudgedFile> {
  let raw: RawFile;
  try {
    raw = readRaw(file);
  } catch (error) {
    const findings = new Findings(new Source(file, ""));
    findings.add("unreadable-file", undefined, {
      message: `the file cannot be read: ${errorText(error)}`,
    });
    return { file, findings, refusal: "it cannot be read" };
  }
  return await judgeBytes(file, raw.bytes, raw.mode, around);
}

/** Judges what a file of that name would hold. */
export async function judgeBytes(
  file: string,
  bytes: Uint8Array,
  mode?: number,
  around?: Around,
): Promise<JudgedFile> {
  const { text, invalidAt, seems } = decodeText(bytes);
  const findings = new Findings(new Source(file, text, mode));
  if (invalidAt !== undefined) {
    findings.add(
      "invalid-utf8",
      { offset: invalidAt, length: 1 },
      {
        message:
          seems === undefined
            ? "the bytes here are no UTF-8"
            : `the file is ${seems}, and no UTF-8`,
        help: "save the file as UTF-8",
      },
    );
    if (seems !== undefined) return { file, findings, refusal: `it is ${seems}` };
  }
  hideSecrets(findings.source);
  const refusal = refusalOfOthers(file, text);
  const root = readTree(findings);
  if (root === undefined) return { file, findings, refusal: refusal ?? "it is no JSON" };
  const network =
    around === undefined
      ? await judgeTree(findings, root, extname(file) === LIST)
      : await judgeDropIn(findings, root, around);
  return { file, findings, network, ...(refusal === undefined ? {} : { refusal }) };
}

async function judgeTree(findings: Findings, root: Node, wantsList: boolean): Promise<NetworkNode> {
  const isList =
    memberOf(root, "plugins") !== undefined || (wantsList && textOf(root, "type") === undefined);
  judgeExtension(findings, root, { isList, wantsList });
  judgeTemplates(findings, root);
  addSecrets(findings, root);
  await judgeList(findings, root, isList);
  const network = await networkOf(findings, root, isList);
  await judgeKeys(findings, network);
  judgeChain(findings, network);
  judgeListEffects(findings, network);
  await judgePlugins(findings, network);
  return network;
}

/** A plugin that stands behind those of a list: it has neither name nor version of its own. */
async function judgeDropIn(
  findings: Findings,
  root: Node,
  { name, cniVersion }: Around,
): Promise<NetworkNode> {
  judgeTemplates(findings, root);
  addSecrets(findings, root);
  const isMissing = memberOf(root, "type") === undefined;
  if (isMissing) {
    const help = 'add "type": it names the executable; a list is a file of its own';
    findings.add(
      "missing-key",
      { offset: root.offset, length: 1 },
      { message: 'the plugin has no "type"', help },
    );
  }
  const network = { ...(await networkOf(findings, root, false)), name, cniVersion };
  if (!isMissing) {
    await judgeKeys(findings, network);
    await judgePlugins(findings, network);
  }
  return network;
}

async function judgePlugins(findings: Findings, network: NetworkNode): Promise<void> {
  for (const plugin of network.plugins.slice(0, PLUGINS_MAX)) {
    const wrong = judgeRanges(findings, plugin);
    await judgeValues(findings, network, plugin, wrong);
    judgeEffects(findings, network, plugin);
  }
}

async function networkOf(findings: Findings, root: Node, isList: boolean): Promise<NetworkNode> {
  return {
    ...{ root, isList, text: findings.source.text },
    name: textOf(root, "name") ?? "",
    nameNode: memberOf(root, "name")?.value ?? root,
    cniVersion: versionOf(root),
    plugins: await pluginsOf(root),
  };
}

function versionOf(root: Node): string {
  const single = textOf(root, "cniVersion");
  const several = elementsOf(memberOf(root, "cniVersions")?.value)
    .filter(({ type }) => type === "string")
    .map(({ value }) => String(value));
  try {
    return selectVersion(single, several.length > 0 ? several : undefined);
  } catch {
    return single ?? "";
  }
}

interface Shape {
  readonly isList: boolean;
  readonly wantsList: boolean;
}

function judgeExtension(findings: Findings, root: Node, { isList, wantsList }: Shape): void {
  const plugins = memberOf(root, "plugins");
  const type = memberOf(root, "type");
  if (wantsList && plugins === undefined && type !== undefined) {
    findings.add("wrong-extension", type.key, {
      message: "a single plugin's configuration, and the file's name is that of a list",
      help: 'put the object into "plugins": [ … ], with "name" and "cniVersion" beside it; or rename the file to end in .conf',
    });
  }
  if (!wantsList && isList && plugins !== undefined) {
    findings.add("wrong-extension", plugins.key, {
      message: "a list of plugins, and the file's name is that of a single plugin's configuration",
      help: "rename the file to end in .conflist",
    });
  }
}

/** Why libcni would not take the file: it reads plain JSON alone, by the file's extension. */
function refusalOfOthers(file: string, text: string): string | undefined {
  try {
    if (extname(file) === LIST) {
      const { plugins } = parseNetworkConfig(text);
      return plugins.length === 0 ? "it has no plugins" : undefined;
    }
    upconvert(parsePluginConfig(text));
    return undefined;
  } catch (error) {
    return errorText(error).replace(/^error parsing configuration(?: list)?: /u, "");
  }
}
