import { expect, test } from "bun:test";
import { DEFAULT_DATA_DIR as FLEET } from "../../cluster/config/index.ts";
import { DEFAULT_STATE_DIR } from "../../state/owner/store.ts";
import { DEFAULT_SOCKET } from "../dhcp/config.ts";
import { DEFAULT_DATA_DIR as RESERVATIONS } from "../host-local/config.ts";
import { ALLOWLIST_VARIABLE, DEFAULT_ALLOWLIST } from "../tuning/allowlist.ts";
import { DEFAULT_DATA_DIR as BACKUPS } from "../tuning/config.ts";
import { hostPathsOf } from "./index.ts";

test("the paths that are known of a plugin are those that it works with", () => {
  const defaults = (type: string): unknown[] => hostPathsOf(type).map(({ otherwise }) => otherwise);
  expect(defaults("host-local")).toEqual([DEFAULT_STATE_DIR, RESERVATIONS, undefined]);
  expect(defaults("cluster").slice(0, 2)).toEqual([DEFAULT_STATE_DIR, FLEET]);
  expect(defaults("dhcp")).toEqual([DEFAULT_STATE_DIR, DEFAULT_SOCKET]);
  expect(defaults("tuning")).toEqual([DEFAULT_STATE_DIR, BACKUPS, DEFAULT_ALLOWLIST]);
  expect(defaults("bridge")).toEqual([DEFAULT_STATE_DIR]);
  expect(hostPathsOf("tuning").at(-1)?.variable).toBe(ALLOWLIST_VARIABLE);
});
