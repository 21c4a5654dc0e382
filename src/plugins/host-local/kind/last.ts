import { readFileSync, writeFileSync } from "node:fs";
import { Ip } from "../../../addr/index.ts";
import { orIoFailure } from "./failure.ts";

/**
 * The address that was handed out last from the range set with this index. It only steers where
 * the search begins, so a missing or torn file counts as unknown.
 */
export function readLast(directory: string, setIndex: number): Ip | undefined {
  try {
    return Ip.tryParse(readFileSync(lastPath(directory, setIndex), "utf8").trim());
  } catch {
    return undefined;
  }
}

/**
 * Notes the address that was just handed out.
 * @throws CniError of code 5
 */
export function writeLast(directory: string, setIndex: number, ip: Ip): void {
  const path = lastPath(directory, setIndex);
  orIoFailure(`cannot write ${path}`, () => writeFileSync(path, ip.toString(), { mode: 0o600 }));
}

function lastPath(directory: string, setIndex: number): string {
  return `${directory}/last_reserved_ip.${setIndex}`;
}
