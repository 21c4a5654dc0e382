import {
  AF_UNIX,
  MSG_NOSIGNAL,
  SOCK_DGRAM,
  send,
  socket,
  unixAddress,
} from "../../kernel/sys/index.ts";

/** Tells systemd how far the daemon is (sd_notify(3)); nothing where nobody wants to know. */
export function notify(env: Readonly<Record<string, string | undefined>>, state: string): void {
  const path = env["NOTIFY_SOCKET"] ?? "";
  if (path === "") return;
  try {
    using fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    send(fd, new TextEncoder().encode(state), MSG_NOSIGNAL, unixAddress(path));
  } catch {
    // Who is not told waits for it, or does not care.
  }
}
