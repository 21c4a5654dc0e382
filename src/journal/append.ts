import { constants } from "node:fs";
import { openInPlace, writeAndClose } from "../state/files/index.ts";

const MODE = 0o600;
const APPENDING = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;

/** Adds to a file of our own, which is made where there is none. @throws SystemError */
export function append(path: string, text: string): void {
  writeAndClose(openInPlace(path, APPENDING, MODE), text);
}
