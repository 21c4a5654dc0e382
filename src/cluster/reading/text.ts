import { Ip, Prefix } from "../../addr/index.ts";
import type { Holding, HoldingState, Picture, SubnetPicture } from "../../fleet/index.ts";
import { isObject, type JsonObject, type JsonValue } from "../../spec/index.ts";

const FORMAT = 1;
const STATES: ReadonlySet<string> = new Set<HoldingState>([
  "held",
  "leaving",
  "lost",
  "asked",
  "resting",
]);
const TEXTS = ["network", "node", "session", "boot", "cluster"] as const;
const REVISION = /^\d{1,20}$/;

/** A picture that a newer program has written: an older one must not go by a part of it. */
export class NewerPicture extends Error {
  override name = "NewerPicture";
}

export function printPicture(picture: Picture): string {
  return `${JSON.stringify(picture)}\n`;
}

/**
 * Reads the text of a picture; undefined for one that is torn or that another program has spoiled.
 * @throws NewerPicture
 */
export function parsePicture(text: string): Picture | undefined {
  const value = parsed(text);
  if (!isObject(value)) return undefined;
  const format = value["format"];
  if (typeof format === "number" && Number.isInteger(format) && format > FORMAT) {
    throw new NewerPicture(`is of format ${format}, which a newer version of Hawser has written`);
  }
  return isPicture(value) ? (value as unknown as Picture) : undefined;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function isPicture(value: JsonObject): boolean {
  const { confirmed, revision, subnets } = value;
  return (
    value["format"] === FORMAT &&
    TEXTS.every((key) => isText(value[key])) &&
    isCount(value["epoch"]) &&
    (value["holdMs"] === undefined || isCount(value["holdMs"])) &&
    isCount(value["generation"]) &&
    isText(revision) &&
    REVISION.test(revision) &&
    (value["trouble"] === undefined || isText(value["trouble"])) &&
    (value["mtu"] === undefined || isCount(value["mtu"])) &&
    (confirmed === undefined || isConfirmed(confirmed)) &&
    (value["sticky"] === undefined || isSticky(value["sticky"])) &&
    (value["refusals"] === undefined || isListOf(value["refusals"], isRefusal)) &&
    (value["disagreement"] === undefined || isDisagreement(value["disagreement"])) &&
    Array.isArray(subnets) &&
    subnets.every(isSubnet)
  );
}

/** Of something that happened at a time: its start of the machine, and the time since. */
function isConfirmed(value: JsonValue): boolean {
  return isObject(value) && isText(value["boot"]) && typeof value["atMs"] === "number";
}

function isSticky(value: JsonValue): boolean {
  return isObject(value) && Object.values(value).every((list) => isListOf(list, isText));
}

function isRefusal(value: JsonValue): boolean {
  return isConfirmed(value) && isObject(value) && isText(value["need"]) && isText(value["reason"]);
}

function isDisagreement(value: JsonValue): boolean {
  return isConfirmed(value) && isObject(value) && isText(value["terms"]) && isText(value["reason"]);
}

function isListOf(value: JsonValue | undefined, is: (one: JsonValue) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}

function isSubnet(value: JsonValue): value is JsonValue & SubnetPicture {
  if (!isObject(value)) return false;
  const { subnet, gateway, holdings } = value;
  return (
    isPrefix(subnet) &&
    (gateway === undefined || (isText(gateway) && Ip.tryParse(gateway) !== undefined)) &&
    Array.isArray(holdings) &&
    holdings.every(isHolding)
  );
}

function isHolding(value: JsonValue): value is JsonValue & Holding {
  return isObject(value) && isPrefix(value["prefix"]) && isState(value["state"]);
}

function isState(value: JsonValue | undefined): boolean {
  return isText(value) && STATES.has(value);
}

function isPrefix(value: JsonValue | undefined): boolean {
  return isText(value) && Prefix.tryParse(value) !== undefined;
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === "string";
}

function isCount(value: JsonValue | undefined): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}
