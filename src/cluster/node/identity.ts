import { existsSync, mkdirSync, renameSync } from "node:fs";
import { defined, quoted } from "../../base/index.ts";
import { invalidConfig, isObject, type JsonValue } from "../../spec/index.ts";
import { orFailure, readOrClear, replaceDurably } from "../../state/files/index.ts";
import { withReservations } from "../../state/reservations/index.ts";
import { type ClusterPlace, pathsOf } from "../config/index.ts";
import { areDifferent, type Machine } from "./machine.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/;
/** Names that hosts have before they get one. */
const NAMELESS: ReadonlySet<string> = new Set(["localhost", "localhost.localdomain", "(none)"]);

/** Which node this is, as its files say. */
interface Identity {
  readonly node: string;
  readonly machine: Machine;
}

export interface IdentityOptions {
  readonly place: ClusterPlace;
  /** The configured id. */
  readonly node: string | undefined;
  readonly hostName: string;
  readonly machine: Machine;
  readonly signal?: AbortSignal;
}

/**
 * The id of this node in a network, noted beside its picture: the host's name may change later. To be called
 * by the network's member alone.
 * @throws CniError of code 7 when there is no such id, when the files are a copy from another machine, or
 * when a node that has containers would get another id
 */
export async function nodeId(options: IdentityOptions): Promise<string> {
  const { directory } = pathsOf(options.place);
  const path = `${directory}/node.json`;
  const noted = orFailure(`cannot read ${path}`, undefined, () => parse(readOrClear(path)));
  const node = options.node ?? noted?.node ?? checkedHostName(options.hostName);
  const isCopy = noted !== undefined && areDifferent(noted.machine, options.machine);
  if (isCopy && noted.node === node) throw copied(directory, node);
  if (noted !== undefined && noted.node !== node) await setAside(options, noted.node, isCopy);
  const machine = { ...noted?.machine, ...options.machine };
  const text = JSON.stringify({ node, machine });
  if (noted === undefined || text !== JSON.stringify(noted)) {
    orFailure(`cannot write ${path}`, undefined, () => {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      replaceDurably(path, text);
    });
  }
  return node;
}

function checkedHostName(name: string): string {
  if (NAME.test(name) && !NAMELESS.has(name)) return name;
  throw invalidConfig(
    `the host's name ${quoted(name)} cannot be a node's id`,
    '"node" in "ipam" gives this node one: 1 to 63 letters, digits, ".", "-" and "_"',
  );
}

function copied(directory: string, node: string): Error {
  return invalidConfig(
    `the files in ${directory} were made on another machine: this one has a copy of its disk`,
    `the other one is the node ${node}; give this one an id of its own by "node" in "ipam", or, ` +
      `when it takes the other's place for good, delete ${directory}/node.json`,
  );
}

/**
 * The picture of another id is no picture of this node. While it has containers, it keeps the id under
 * which the store knows their addresses.
 */
async function setAside(
  { place, signal }: IdentityOptions,
  before: string,
  isCopy: boolean,
): Promise<void> {
  const { directory, picture, reservations } = pathsOf(place);
  const options = signal === undefined ? {} : { signal };
  await withReservations(reservations, options, ({ names }) => {
    if (!isCopy && names.size > 0) {
      throw invalidConfig(
        `this node is ${before} in the fleet's network ${place.network}, and has ${names.size} addresses reserved`,
        `they belong to that id: "node" in "ipam" can change once ${directory}/reservations is empty`,
      );
    }
  });
  if (!existsSync(picture)) return;
  orFailure(`cannot set ${picture} aside`, undefined, () =>
    renameSync(picture, `${picture}.${before}`),
  );
}

function parse(text: string | undefined): Identity | undefined {
  let value: JsonValue;
  try {
    value = JSON.parse(text ?? "") as JsonValue;
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { node, machine } = value;
  if (typeof node !== "string" || !NAME.test(node) || !isObject(machine)) return undefined;
  const of = (one: JsonValue | undefined): string | undefined =>
    typeof one === "string" ? one : undefined;
  return { node, machine: defined({ product: of(machine["product"]), id: of(machine["id"]) }) };
}
