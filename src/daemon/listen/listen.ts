import { lstatSync, mkdirSync, renameSync, statSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import {
  AF_UNIX,
  activatedSockets,
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

/** How many callers may wait to be taken in; the kernel's own limit may be lower. */
const BACKLOG = 4096;
const DIRECTORY_MODE = 0o700;
/** Bytes of struct sockaddr_un, and of what is in front of the path. */
const SOCKADDR_UN = 110;
const FAMILY = 2;
const ALL_BUT_OWNER = 0o177;

/** A listening socket. */
export interface Listener extends Disposable {
  readonly fd: Fd;
  /** Somebody else keeps it open: who waits there will be served by the next daemon. */
  readonly isKept: boolean;
}

/** The sockets that systemd hands over, by what they are for. */
export interface Handed {
  readonly calls?: number;
  readonly dhcp?: number;
}

/** Reads what systemd hands over: a socket named "dhcp" is the lease keeper's, one other is ours. */
export function handedSockets(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): Handed {
  const sockets = activatedSockets(env, pid);
  const dhcp = sockets.find(({ name }) => name === "dhcp" || name.startsWith("hawser-dhcp"));
  const [calls, ...more] = sockets.filter((each) => each !== dhcp);
  if (more.length > 0) {
    const names = more.map(({ name }) => JSON.stringify(name)).join(", ");
    const msg = `socket activation hands over more than is known: ${names}`;
    throw new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, msg);
  }
  return {
    ...(calls === undefined ? {} : { calls: calls.fd }),
    ...(dhcp === undefined ? {} : { dhcp: dhcp.fd }),
  };
}

/** Where a socket that was handed over listens. */
export function pathOf(descriptor: number): string {
  const path = getsockname(new Fd(descriptor), SOCKADDR_UN).subarray(FAMILY);
  return new TextDecoder().decode(path).replace(/\0.*$/su, "");
}

/** Listens at a socket that was handed over, which stays as it is. */
export function adopt(descriptor: number): Listener {
  const fd = new Fd(descriptor);
  setNonBlocking(fd);
  listenAt(fd, BACKLOG);
  return { fd, isKept: true, [Symbol.dispose]: () => fd.close() };
}

/**
 * Listens at a path of our own. The socket stands aside until it listens, and then takes the path
 * in one step, whatever socket was there: no caller ever finds none.
 */
export function listen(path: string): Listener {
  mkdirSync(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present !== undefined && !present.isSocket()) {
    throw new CniError(ErrorCode.IO_FAILURE, `${path} exists and is no socket`);
  }
  const aside = `${path}.${process.pid}`;
  const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  try {
    unlinkIfThere(aside);
    const umask = process.umask(ALL_BUT_OWNER);
    try {
      bind(fd, unixAddress(aside));
    } finally {
      process.umask(umask);
    }
    listenAt(fd, BACKLOG);
    const { ino } = statSync(aside);
    renameSync(aside, path);
    return { fd, isKept: false, [Symbol.dispose]: () => remove(path, ino, fd) };
  } catch (error) {
    fd.close();
    unlinkIfThere(aside);
    throw error;
  }
}

/** Only what is still ours: another daemon may have taken the path meanwhile. */
function remove(path: string, ino: number, fd: Fd): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) unlinkIfThere(path);
  fd.close();
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already.
  }
}
