import { expect, test } from "bun:test";
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DaemonLock } from "./lock.ts";

test.each(["link", "second name", "pipe", "directory"])(
  "case S16, kind: the daemon does not lock, nor write, a %s",
  (kind) => {
    const dir = mkdtempSync(join(tmpdir(), "daemon-lock-"));
    try {
      const path = join(dir, "daemon.lock");
      const victim = join(dir, "victim");
      writeFileSync(victim, "precious");
      if (kind === "link") symlinkSync(victim, path);
      else if (kind === "second name") linkSync(victim, path);
      else if (kind === "pipe") Bun.spawnSync(["mkfifo", path]);
      else mkdirSync(path);
      expect(() => DaemonLock.open(dir)).toThrow(path);
      expect(readFileSync(victim, "utf8")).toBe("precious");
    } finally {
      rmSync(dir, { recursive: true });
    }
  },
);
