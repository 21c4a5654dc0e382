import { Prefix } from "../../addr/index.ts";
import { Mask } from "../../recording/form/index.ts";
import { AddressMask } from "./address-mask.ts";

type Answers = Readonly<Record<string, unknown>>;

/** Without secrets that are known by their keys or their form, wherever they stand. */
export function withoutSecrets(answers: Answers): Answers {
  const mask = new Mask();
  // A path is no key of a secret, though a network may be called so.
  const text = mask.json(JSON.stringify(Object.values(answers)), "report") ?? "[]";
  const masked = JSON.parse(mask.searched(text)) as unknown[];
  return Object.fromEntries(Object.keys(answers).map((path, at) => [path, masked[at]]));
}

/** With a stand-in for each address, in the paths of the answers as well. */
export function withoutAddresses(answers: Answers): Answers {
  const mask = new AddressMask(subnetsIn(answers));
  const entries = Object.entries(answers).map(([path, answer]) => {
    return [maskedPath(path, mask), mask.value(answer)] as const;
  });
  return Object.fromEntries(entries);
}

/** A path is asked for with its parts encoded, in which an IPv6 address has no colons. */
function maskedPath(path: string, mask: AddressMask): string {
  const [resource = "", query] = path.split("?", 2);
  const parts = resource
    .split("/")
    .map((part) => encodeURIComponent(mask.text(decodeURIComponent(part))));
  if (query === undefined) return parts.join("/");
  const masked = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(query)) masked.append(name, mask.text(value));
  return `${parts.join("/")}?${masked.toString()}`;
}

/** What stands under the key `subnet` anywhere: in ranges, fleets and configurations. */
function subnetsIn(value: unknown): Prefix[] {
  const found = new Map<string, Prefix>();
  const look = (each: unknown, key: string): void => {
    if (typeof each === "string" && key === "subnet") {
      const prefix = Prefix.tryParse(each)?.network();
      if (prefix !== undefined) found.set(prefix.toString(), prefix);
    }
    if (typeof each !== "object" || each === null) return;
    for (const [name, below] of Object.entries(each)) look(below, name);
  };
  look(value, "");
  return [...found.values()];
}
