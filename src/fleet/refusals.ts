/** Tells ADDs that what they ask for cannot be had. */
import type { Core } from "./core.ts";
import { revise } from "./draft.ts";
import type { Need } from "./member-port.ts";

/** So many refusals stand in the picture, for so long in milliseconds. */
const MOST = 16;
const STAYS_MS = 60_000;

export async function refuse(core: Core, { address, sticky }: Need, reason: string): Promise<void> {
  const need = address?.toString() ?? sticky ?? "";
  const { boot } = core.clock;
  const atMs = core.clock.now();
  await revise(core, (draft) => {
    const others = (draft.picture.refusals ?? []).filter(
      (each) => each.need !== need && each.boot === boot && atMs - each.atMs < STAYS_MS,
    );
    const refusals = [...others.slice(1 - MOST), { need, reason, boot, atMs }];
    draft.picture = { ...draft.picture, refusals };
  });
}
