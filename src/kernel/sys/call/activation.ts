/** A listening socket that systemd, or a program like it, has opened for this process. */
export interface ActivatedSocket {
  readonly fd: number;
  /** FileDescriptorName= of its unit; "" when it has none. */
  readonly name: string;
}

/** SD_LISTEN_FDS_START. */
const FIRST_DESCRIPTOR = 3;
/** More than a service manager hands over. */
const COUNT_MAX = 64;

/** The sockets of sd_listen_fds(3), in order; none when they are meant for another process. */
export function activatedSockets(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): ActivatedSocket[] {
  const { LISTEN_PID = "", LISTEN_FDS = "", LISTEN_FDNAMES = "" } = env;
  if (LISTEN_PID !== String(pid) || !/^\d+$/u.test(LISTEN_FDS)) return [];
  const names = LISTEN_FDNAMES.split(":");
  return Array.from({ length: Math.min(Number(LISTEN_FDS), COUNT_MAX) }, (_, at) => {
    return { fd: FIRST_DESCRIPTOR + at, name: names[at] ?? "" };
  });
}
