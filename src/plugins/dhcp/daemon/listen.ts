import { chmodSync, lstatSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Env } from "../../../base/index.ts";
import { activatedSockets, duplicate, Fd } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { unlinkIfThere } from "../../../state/files/index.ts";
import { isListening } from "../../../state/index.ts";

const DIRECTORY_MODE = 0o700;
const SOCKET_MODE = 0o600;
const ALL_BUT_OWNER = 0o177;

/**
 * Listens at the given socket or at one that systemd has opened, otherwise at a new one. Disposing
 * of the result removes a new socket; one of systemd's stays, and a given one stays open.
 */
export function listen<Data>(
  path: string,
  env: Env,
  pid: number,
  handler: Bun.SocketHandler<Data>,
  given?: number,
): Disposable {
  const copy = given === undefined ? undefined : duplicate(new Fd(given)).release();
  const fd = copy ?? activatedDescriptor(env, pid);
  if (fd !== undefined) {
    // Bun takes a descriptor here; its types only have addresses.
    const options = { fd, socket: handler } as unknown as Bun.UnixSocketOptions<Data>;
    const server = Bun.listen<Data>(options);
    return { [Symbol.dispose]: () => server.stop(true) };
  }
  mkdirSync(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
  removeStale(path);
  const umask = process.umask(ALL_BUT_OWNER);
  let server: Bun.UnixSocketListener<Data>;
  try {
    server = Bun.listen<Data>({ unix: path, socket: handler });
  } finally {
    process.umask(umask);
  }
  chmodSync(path, SOCKET_MODE);
  return {
    [Symbol.dispose](): void {
      server.stop(true);
      unlinkIfThere(path);
    },
  };
}

/**
 * The listening socket from systemd, when there is one.
 * @throws CniError when systemd hands over more than one socket
 */
export function activatedDescriptor(env: Env, pid: number): number | undefined {
  const [socket, ...more] = activatedSockets(env, pid);
  if (more.length === 0) return socket?.fd;
  const msg = `socket activation must hand over one socket, not ${more.length + 1}`;
  throw new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, msg);
}

/** A socket without a listener was left by a daemon that was killed. */
function removeStale(path: string): void {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isSocket()) throw taken(`${path} exists and is no socket`);
  if (isListening(path)) throw taken(`another daemon listens at ${path}`);
  unlinkIfThere(path);
}

function taken(msg: string): CniError {
  return new CniError(ErrorCode.IO_FAILURE, msg);
}
