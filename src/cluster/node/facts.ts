import { Ip, Mac } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import type { NodeFacts } from "../../fleet/index.ts";
import { isObject, type JsonValue } from "../../spec/index.ts";
import { orFailure, readOrClear, replaceDurably } from "../../state/files/index.ts";
import type { ClusterPaths } from "../config/index.ts";

/** Beside the picture: what this node's daemon has published of the node. */
function pathOf({ directory }: Pick<ClusterPaths, "directory">): string {
  return `${directory}/facts.json`;
}

/** Notes what the daemon publishes, for the member that a plugin is while the daemon is away. */
export function noteFacts(paths: Pick<ClusterPaths, "directory">, facts: NodeFacts): void {
  const path = pathOf(paths);
  const text = JSON.stringify(facts);
  orFailure(`cannot write ${path}`, undefined, () => {
    if (readOrClear(path) !== text) replaceDurably(path, text);
  });
}

/**
 * What a plugin publishes of this node: the same, so that its tunnels stay known while no daemon runs.
 * @param version of the program
 */
export function notedFacts(paths: Pick<ClusterPaths, "directory">, version: string): NodeFacts {
  const path = pathOf(paths);
  const text = orFailure(`cannot read ${path}`, undefined, () => readOrClear(path));
  const value = parsed(text);
  if (!isObject(value)) return { version };
  const of = (one: JsonValue | undefined): string | undefined =>
    typeof one === "string" ? one : undefined;
  const underlay = Ip.tryParse(of(value["underlay"]) ?? "");
  const mac = Mac.tryParse(of(value["mac"]) ?? "");
  return { ...defined({ underlay, mac, publicKey: of(value["publicKey"]) }), version };
}

function parsed(text: string | undefined): JsonValue | undefined {
  try {
    return JSON.parse(text ?? "") as JsonValue;
  } catch {
    return undefined;
  }
}
