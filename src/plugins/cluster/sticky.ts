import * as v from "valibot";
import { excerpt, quoted } from "../../base/index.ts";
import { type Context, cniArgs, decode, loadArgs, says } from "../../plugin/index.ts";
import { CniError, ErrorCode, invalidConfig, type JsonValue, printJson } from "../../spec/index.ts";

/** By what name an address follows a container. */
export type Sticky =
  | { readonly by: "pod" }
  | { readonly by: "label"; readonly key: string }
  | { readonly by: "arg"; readonly key: string };

const NAMESPACE = "K8S_POD_NAMESPACE";
const POD = "K8S_POD_NAME";
/** Arguments in CNI_ARGS that the plugin reads whether or not addresses follow names. */
const POD_ARGS = [NAMESPACE, POD] as const;

/** Names become a part of the store's keys. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_.:-]{0,251}[A-Za-z0-9])?$/;

const KEY = String.raw`^[^\s\0]{1,253}$`;
const keyText = v.pipe(v.string(), says({ pattern: KEY }));

/** `sticky` of the configuration. */
export const stickySchema: v.GenericSchema<unknown, StickyKeys | undefined> = v.pipe(
  v.optional(
    v.union([
      v.picklist(["pod"]),
      v.object({
        label: v.pipe(v.optional(keyText), v.description("Key of a label in `args.cni.labels`.")),
        arg: v.pipe(v.optional(keyText), v.description("Name of an argument in `CNI_ARGS`.")),
      }),
    ]),
  ),
  v.description(
    'A container\'s addresses follow its name over all nodes: `"pod"` for that of its pod, `{"label": "<key>"}` for the value of a label, `{"arg": "<name>"}` for an argument in `CNI_ARGS`.',
  ),
);

/** As the configuration has it. */
export type StickyKeys =
  | "pod"
  | { readonly label?: string | undefined; readonly arg?: string | undefined };

/**
 * @param written the value as the configuration has it
 * @throws CniError of code 7
 */
export function parseSticky(
  keys: StickyKeys | undefined,
  written: JsonValue | undefined,
): Sticky | undefined {
  if (keys === undefined) return undefined;
  if (keys === "pod") return { by: "pod" };
  const { label, arg } = keys;
  if ((label === undefined) === (arg === undefined)) {
    throw invalidConfig(
      `"ipam.sticky" is ${excerpt(printJson(written ?? null))}`,
      'expected "pod", or an object with one key: "label" or "arg"',
    );
  }
  const key = label ?? arg ?? "";
  if (!new RegExp(KEY, "u").test(key)) {
    throw invalidConfig(`invalid name ${quoted(key)} in "ipam.sticky"`);
  }
  return { by: label === undefined ? "arg" : "label", key };
}

/** The arguments in CNI_ARGS that are known beside `IP`. */
export function knownArgs(sticky: Sticky | undefined): string[] {
  return sticky?.by === "arg" ? [...POD_ARGS, sticky.key] : [...POD_ARGS];
}

const labelled = v.object({
  labels: v.optional(v.array(v.object({ key: v.string(), value: v.string() })), []),
});

/**
 * The name that the addresses of this container follow; undefined for a container that has none.
 * @throws CniError of code 4 or 7 for a name that cannot be a key of the store
 */
export function stickyName(ctx: Context, sticky: Sticky | undefined): string | undefined {
  switch (sticky?.by) {
    case undefined:
      return undefined;
    case "pod": {
      const args = loadArgs(ctx.args, POD_ARGS, { lenient: true });
      const [namespace, pod] = [args[NAMESPACE] ?? "", args[POD] ?? ""];
      if (namespace === "" || pod === "") return undefined;
      return [namespace, pod].map((each) => checked(each, "CNI_ARGS")).join("/");
    }
    case "arg": {
      const value = loadArgs(ctx.args, [sticky.key], { lenient: true })[sticky.key] ?? "";
      return value === "" ? undefined : checked(value, "CNI_ARGS");
    }
    case "label": {
      const { labels } = decode(labelled, cniArgs(ctx), "args.cni");
      const value = labels.findLast(({ key }) => key === sticky.key)?.value ?? "";
      return value === "" ? undefined : checked(value, "args.cni.labels");
    }
  }
}

function checked(name: string, from: "CNI_ARGS" | "args.cni.labels"): string {
  if (NAME.test(name)) return name;
  const code =
    from === "CNI_ARGS"
      ? ErrorCode.INVALID_ENVIRONMENT_VARIABLES
      : ErrorCode.INVALID_NETWORK_CONFIG;
  throw new CniError(code, `no address can follow the name ${quoted(name)}`, {
    details:
      `it is said by ${from}; expected at most 253 letters, digits, "-", "_", "." and ":", ` +
      "with a letter or digit at both ends",
  });
}
