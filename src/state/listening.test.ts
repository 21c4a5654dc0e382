import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AF_UNIX,
  bind,
  connect,
  listen,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  socket,
  unixAddress,
} from "../kernel/sys/index.ts";
import { isListening } from "./listening.ts";

test("a socket whose queue is full has a listener; one that was left behind has none", () => {
  const directory = mkdtempSync(join(tmpdir(), "listening-"));
  try {
    const path = join(directory, "socket");
    expect(isListening(path)).toBe(false);
    {
      using server = socket(AF_UNIX, SOCK_STREAM, 0);
      bind(server, unixAddress(path));
      expect(isListening(path)).toBe(false);
      listen(server, 0);
      expect(isListening(path)).toBe(true);
      // The question before has taken the only place, as nothing is accepted.
      using client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
      expect(() => connect(client, unixAddress(path))).toThrow("temporarily unavailable");
      expect(isListening(path)).toBe(true);
    }
    expect(isListening(path)).toBe(false);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
