import { BusUnavailable } from "./error.ts";

const DEFAULT_ADDRESS = "unix:path=/run/dbus/system_bus_socket";

/** The environment variable that names another system bus. */
const VARIABLE = "DBUS_SYSTEM_BUS_ADDRESS";

/** Where the system bus is, as the caller's environment says. */
export function systemBusAddress(env: Readonly<Record<string, string | undefined>>): string {
  const address = env[VARIABLE] ?? "";
  return address === "" ? DEFAULT_ADDRESS : address;
}

/**
 * The Unix socket of an address such as `unix:path=/run/bus,guid=…;unix:abstract=bus`: the first
 * of a kind that is understood. An abstract name begins with a NUL.
 * @throws BusUnavailable when there is none.
 */
export function socketOf(address: string): string {
  for (const entry of address.split(";")) {
    if (!entry.startsWith("unix:")) continue;
    const keys = new Map(entry.slice("unix:".length).split(",").map(keyValue));
    const path = keys.get("path");
    if (path !== undefined && path !== "") return path;
    const abstract = keys.get("abstract");
    if (abstract !== undefined && abstract !== "") return `\0${abstract}`;
  }
  throw new BusUnavailable(`no Unix socket in the D-Bus address ${JSON.stringify(address)}`);
}

function keyValue(pair: string): [string, string] {
  const at = pair.indexOf("=");
  const value = at === -1 ? "" : pair.slice(at + 1);
  return [at === -1 ? pair : pair.slice(0, at), unescapeValue(value)];
}

/** `%20` stands for a byte; what is broken stays as it is. */
function unescapeValue(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
