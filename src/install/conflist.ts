import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { networkFromText } from "../runtime/index.ts";
import { invalidConfig, isObject, type NetworkConfig, printJson } from "../spec/index.ts";
import { attempt } from "./errors.ts";

/** A network's configuration that is to be installed. */
export interface Conflist {
  /** JSON without comments. */
  readonly text: string;
  readonly network: NetworkConfig;
}

/**
 * Reads and judges a configuration before anything is touched: a runtime would refuse a bad one at
 * the first container.
 * @throws CniError of code 5, 6 or 7
 */
export function readConflist(file: string): Conflist {
  if (extname(file) !== ".conflist") {
    throw invalidConfig(`${file}: runtimes read lists from files whose names end in .conflist`);
  }
  const text = attempt(`read ${file}`, () => readFileSync(file, "utf8"));
  const network = networkFromText(text);
  // Hawser reads comments, other runtimes do not.
  const isPlain = network.text === text || network.json === undefined;
  return { text: isPlain ? network.text : `${printJson(network.json, 2)}\n`, network };
}

/** The types of all plugins that a network names, those that plugins delegate addresses to included. */
export function typesOf(network: NetworkConfig): string[] {
  const types = network.plugins.flatMap(({ type, json }) => {
    const ipam = json["ipam"];
    const delegate = isObject(ipam) ? ipam["type"] : undefined;
    return typeof delegate === "string" ? [type, delegate] : [type];
  });
  return [...new Set(types)].filter((type) => type !== "");
}
