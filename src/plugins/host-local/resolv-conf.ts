import { defined } from "../../base/index.ts";
import type { Dns } from "../../spec/index.ts";
import { readNamed } from "../../state/files/index.ts";
import { ioFailure } from "../../state/reservations/index.ts";

/**
 * Reads a file in the format of resolv.conf(5).
 * @throws CniError of code 5 when it cannot be read
 */
export function readResolvConf(path: string): Dns {
  try {
    return parseResolvConf(readNamed(path));
  } catch (error) {
    throw ioFailure(`cannot read ipam.resolvConf ${path}`, error);
  }
}

/**
 * The name servers, search domains and options of a resolv.conf: `domain` counts once (the last),
 * all others add up. Lines of other words, and words without a value, are overlooked.
 */
export function parseResolvConf(text: string): Dns {
  const nameservers: string[] = [];
  const search: string[] = [];
  const options: string[] = [];
  let domain: string | undefined;
  for (const line of text.split("\n")) {
    const [keyword = "", first, ...others] = line.trim().split(/\s+/);
    if (first === undefined || keyword.startsWith("#") || keyword.startsWith(";")) continue;
    if (keyword === "nameserver") {
      nameservers.push(first);
    } else if (keyword === "domain") {
      domain = first;
    } else if (keyword === "search") {
      search.push(first, ...others);
    } else if (keyword === "options") {
      options.push(first, ...others);
    }
  }
  return {
    ...(nameservers.length === 0 ? {} : { nameservers }),
    ...defined({ domain }),
    ...(search.length === 0 ? {} : { search }),
    ...(options.length === 0 ? {} : { options }),
  };
}
