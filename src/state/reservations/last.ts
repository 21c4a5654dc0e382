import { Ip } from "../../addr/index.ts";
import { readOwn, rewrite } from "../files/index.ts";
import { orIoFailure } from "./failure.ts";

/** Bytes, with white space around it. */
const LONGEST_ADDRESS = 64;

/**
 * The address that was handed out last from the range set with this index. It only steers where
 * the search begins, so a missing or torn file counts as unknown.
 */
export function readLast(directory: string, setIndex: number): Ip | undefined {
  try {
    return Ip.tryParse(readOwn(lastPath(directory, setIndex), LONGEST_ADDRESS).trim());
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
  orIoFailure(`cannot write ${path}`, () => rewrite(path, ip.toString()));
}

function lastPath(directory: string, setIndex: number): string {
  return `${directory}/last_reserved_ip.${setIndex}`;
}
