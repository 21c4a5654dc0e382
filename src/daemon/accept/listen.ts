import { lstatSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import {
  AF_UNIX,
  bind,
  Fd,
  getsockname,
  listen as listenAt,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  setNonBlocking,
  socket,
  unixAddress,
} from "../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { unlinkIfThere } from "../../state/files/index.ts";

/** How many connections may wait to be accepted; the kernel's own limit may be lower. */
const BACKLOG = 4096;
const DIRECTORY_MODE = 0o700;
/** Bytes of struct sockaddr_un, and of what is in front of the path. */
const SOCKADDR_UN = 110;
const FAMILY = 2;
const ALL_BUT_OWNER = 0o177;

/** A listening socket. */
export interface Listener extends Disposable {
  readonly fd: Fd;
  /** Another process keeps the socket open, so that the next daemon serves the callers in its queue. */
  readonly isKept: boolean;
}

/** The path at which an inherited socket listens. */
export function pathOf(descriptor: number): string {
  const path = getsockname(new Fd(descriptor), SOCKADDR_UN).subarray(FAMILY);
  return new TextDecoder().decode(path).replace(/\0.*$/su, "");
}

/** Listens at an inherited socket, which stays at its path. */
export function adopt(descriptor: number): Listener {
  const fd = new Fd(descriptor);
  setNonBlocking(fd);
  listenAt(fd, BACKLOG);
  return { fd, isKept: true, [Symbol.dispose]: () => fd.close() };
}

/**
 * Listens at a new socket. Whatever socket was at the path gives way; anything else is refused, since
 * callers choose the path.
 */
export function listen(path: string): Listener {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present !== undefined && !present.isSocket()) {
    throw new CniError(ErrorCode.IO_FAILURE, `${path} exists and is no socket`);
  }
  const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  try {
    const placed = placeSocket(path, (aside) => {
      bind(fd, unixAddress(aside));
      listenAt(fd, BACKLOG);
    });
    const dispose = (): void => {
      placed[Symbol.dispose]();
      fd.close();
    };
    return { fd, isKept: false, [Symbol.dispose]: dispose };
  } catch (error) {
    fd.close();
    throw error;
  }
}

/**
 * Makes a socket for its owner alone. `listenAside` has it listen at a path aside, and then the socket
 * takes its own in one rename, so that every caller finds one. To be disposed of when it is over, which
 * removes the socket unless another daemon has taken the path meanwhile.
 */
export function placeSocket(path: string, listenAside: (aside: string) => void): Disposable {
  mkdirSync(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
  const aside = `${path}.${process.pid}`;
  const umask = process.umask(ALL_BUT_OWNER);
  try {
    unlinkIfThere(aside);
    listenAside(aside);
    const { ino } = lstatSync(aside);
    renameSync(aside, path);
    return { [Symbol.dispose]: () => remove(path, ino) };
  } catch (error) {
    unlinkIfThere(aside);
    throw error;
  } finally {
    process.umask(umask);
  }
}

function remove(path: string, ino: number): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) unlinkIfThere(path);
}
