import { afterAll, afterEach, beforeAll, beforeEach } from "bun:test";
import { type Container, Host } from "../support/host.ts";

/** A host, and for each test a container of its own; valid inside of hooks and tests. */
export interface Scene {
  readonly host: Host;
  readonly blue: Container;
}

/** Registers the hooks that make the scene and take it away: for the top of a test file. */
export function daemonScene(): Scene {
  let host: Host;
  let blue: Container;
  beforeAll(async () => {
    host = await Host.create();
  });
  beforeEach(async () => {
    blue = await host.container("blue");
  });
  afterEach(async () => {
    await host.remove(blue);
    await host.tidy();
  });
  afterAll(async () => {
    await host.tidy();
  });
  return {
    get host() {
      return host;
    },
    get blue() {
      return blue;
    },
  };
}
