/** Reads the values of options; each throws commander's InvalidArgumentError with what is wrong. */
import { InvalidArgumentError } from "commander";
import { Ip, Mac, Prefix } from "../addr/index.ts";
import { defined } from "../base/index.ts";
import {
  CniError,
  checkContainerId,
  checkIfName,
  isObject,
  type JsonObject,
  type JsonValue,
  parseArgs,
  parseJson,
  type ValidAttachment,
} from "../spec/index.ts";

const PORT_MAX = 65_535;
/** The longest that a timer takes (2³¹ − 1 ms): it would end a longer time at once. */
const DURATION_MAX = 2 ** 31 - 1;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** An address, as results write it; the length of a prefix is let go, since lists show one. */
export function readAddress(text: string): string {
  const ip = Ip.tryParse(text) ?? Prefix.tryParse(text)?.ip;
  if (ip === undefined) throw new InvalidArgumentError("It must be an IP address.");
  return ip.toString();
}

/** Addresses, as results write them. */
export function readAddresses(text: string, before: string[] = []): string[] {
  return [...before, readAddress(text)];
}

/** Any text but an empty one, which mostly is a variable of a script that was not set. */
export function readText(text: string): string {
  if (text === "") throw new InvalidArgumentError("It must not be empty.");
  return text;
}

/** Names, in the order in which they are given. */
export function readName(text: string, before: string[] = []): string[] {
  return [...before, readText(text)];
}

/** A time in ISO 8601, by the clock of this machine where it names no zone: `2026-11-29T15:00`. */
export function readTime(text: string): Date {
  const time = new Date(/^\d{4}-\d\d/u.test(text) ? text : Number.NaN);
  if (!Number.isNaN(time.getTime())) return time;
  throw new InvalidArgumentError("It must be a time, such as 2026-11-29T15:00.");
}

/** One `K=V`, or several joined by `;` as in CNI_ARGS. */
export function readArgs(text: string, before: [string, string][] = []): [string, string][] {
  return [...before, ...checked(() => parseArgs(text))];
}

/** A JSON object of capability arguments. */
export function readCapabilities(text: string, before: JsonObject = {}): JsonObject {
  return { ...before, ...capabilitiesOf(checked(() => parseJson(text), "It is no JSON: ")) };
}

/** The same of JSON that has been parsed. */
export function capabilitiesOf(value: JsonValue): JsonObject {
  if (isObject(value)) return value;
  throw new InvalidArgumentError("It must be a JSON object.");
}

/** `[hostIP:]hostPort:containerPort[/protocol]`; an IPv6 address stands in brackets. */
export function readPort(text: string, before: JsonObject[] = []): JsonObject[] {
  const form = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d+):(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(text);
  if (form === null) {
    throw new InvalidArgumentError("Write [hostIP:]hostPort:containerPort[/tcp|udp|sctp].");
  }
  const [, six, four, host, container, protocol = "tcp"] = form;
  const hostIP = six ?? four;
  if (hostIP !== undefined && Ip.tryParse(hostIP) === undefined) {
    throw new InvalidArgumentError(`${hostIP} is no IP address.`);
  }
  const mapping = {
    hostPort: readPortNumber(host ?? ""),
    containerPort: readPortNumber(container ?? ""),
    protocol: protocol.toLowerCase(),
    ...defined({ hostIP }),
  };
  return [...before, mapping];
}

/** Where packets go: `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT`, and `/udp` for UDP. */
export interface ReadTarget {
  readonly ip: Ip;
  readonly port?: number;
  readonly protocol: "tcp" | "udp";
}

export function readTarget(text: string): ReadTarget {
  const [, place = "", protocol = "tcp"] = /^(.*?)(?:\/(tcp|udp))?$/u.exec(text) ?? [];
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/u.exec(place) ?? [];
  const ip = Ip.tryParse(six ?? four ?? place);
  if (ip === undefined) {
    throw new InvalidArgumentError(
      "Write ADDRESS:PORT, [ADDRESS]:PORT or ADDRESS, and /udp for UDP.",
    );
  }
  return {
    ...{ ip, protocol: protocol === "udp" ? "udp" : "tcp" },
    ...defined({ port: port === undefined ? undefined : readPortNumber(port) }),
  };
}

export function readPortNumber(text: string): number {
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= PORT_MAX) return port;
  throw new InvalidArgumentError(`${text} is no port: 1 to ${PORT_MAX}.`);
}

/** `PORT` or `PORT/PROTOCOL`, of the host. */
export function readHostPort(text: string): { port: number; protocol?: string } {
  const [, number, protocol] = /^(\d{1,5})(?:\/(tcp|udp|sctp|dccp))?$/iu.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError("Write a port, such as 8080 or 53/udp.");
  return { port: readPortNumber(number), ...defined({ protocol: protocol?.toLowerCase() }) };
}

/** A hardware address. */
export function readMac(text: string): string {
  return checked(() => Mac.parse(text)).toString();
}

/** An address, with or without its prefix length, as the capability `ips` takes it. */
export function readIp(text: string, before: string[] = []): string[] {
  if (Ip.tryParse(text) === undefined && Prefix.tryParse(text) === undefined) {
    throw new InvalidArgumentError("It must be an IP address, such as 10.1.2.3 or 10.1.2.3/16.");
  }
  return [...before, text];
}

/** A time such as 500ms, 30s or 2m, in milliseconds. */
export function readDuration(text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const ms = Number(number) * (UNITS[unit] ?? 0);
  if (ms > DURATION_MAX) throw new InvalidArgumentError("It must be less than 24 days.");
  if (ms >= 1) return Math.round(ms);
  throw new InvalidArgumentError("Write a time such as 500ms, 30s or 2m.");
}

/** A container ID. */
export function readContainerId(text: string): string {
  checked(() => checkContainerId(text));
  return text;
}

/** A container ID or its beginning, or a pod as `NAMESPACE/NAME`. */
export function readContainerOrPod(text: string): string {
  return text.includes("/") && !/[\s\p{Cc}]/u.test(text) ? text : readContainerId(text);
}

/** An interface name. */
export function readIfName(text: string): string {
  checked(() => checkIfName(text));
  return text;
}

/** `containerID:interface` of an attachment that is valid. */
export function readValid(text: string, before: ValidAttachment[] = []): ValidAttachment[] {
  const [containerId = "", ifName = "", ...rest] = text.split(":");
  if (containerId === "" || ifName === "" || rest.length > 0) {
    throw new InvalidArgumentError("Write containerID:interface.");
  }
  readContainerId(containerId);
  readIfName(ifName);
  return [...before, { containerId, ifName }];
}

/** Directories, in the order in which they are given. */
export function readDirectory(text: string, before: string[] = []): string[] {
  if (text === "") throw new InvalidArgumentError("A directory needs a name.");
  return [...before, text];
}

/** The number of a rule of docs/rules.md, as `R45` or `45`. */
export function readRule(text: string, before: `R${number}`[] = []): `R${number}`[] {
  const [, number = ""] = /^R?([1-9]\d{0,2})$/iu.exec(text) ?? [];
  if (number === "") throw new InvalidArgumentError("Write the number of a rule, such as R45.");
  return [...before, `R${Number(number)}`];
}

/** The names of checks. */
export function readCheck(text: string, before: string[] = []): string[] {
  if (text === "") throw new InvalidArgumentError("A check needs a name.");
  return [...before, text];
}

/** One of the sections, each time that the option is given. */
export function readSection(
  known: readonly string[],
): (text: string, before?: string[]) => string[] {
  return (text, before = []) => {
    if (known.includes(text)) return [...before, text];
    throw new InvalidArgumentError(`Allowed choices are ${known.join(", ")}.`);
  };
}

/** A number of 32 bits. */
export function readSeed(text: string): number {
  const seed = /^\d{1,10}$/u.test(text) ? Number(text) : Number.NaN;
  if (seed < 2 ** 32) return seed;
  throw new InvalidArgumentError("It must be a whole number from 0 to 4294967295.");
}

function checked<T>(read: () => T, before = ""): T {
  try {
    return read();
  } catch (error) {
    const text = error instanceof RangeError ? error.message : CniError.from(error).message;
    throw new InvalidArgumentError(`${before}${text.replace(/\.$/, "")}.`);
  }
}
