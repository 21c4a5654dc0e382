import { TIOCGWINSZ } from "./constant.ts";
import { libc } from "./library.ts";

/**
 * How many columns the terminal has that a descriptor of this process leads to; 0 where it tells none,
 * undefined for what is no terminal.
 */
export function terminalColumns(fd: number): number | undefined {
  const size = new Uint16Array(4); // struct winsize: rows, columns, and both in pixels
  const bytes = new Uint8Array(size.buffer);
  return libc().ioctl(fd, TIOCGWINSZ, bytes) === -1 ? undefined : size[1];
}
