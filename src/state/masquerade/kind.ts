import type { Result } from "../../spec/index.ts";
import type { Kind } from "../kind.ts";
import { masqueradeStatus } from "./config.ts";
import { collectMasquerade } from "./gc.ts";
import { addressesOf, type MasqueradeBackend, MasqueradeStep } from "./step.ts";

/** What masquerading an attachment takes. */
export interface WantedMasquerade {
  readonly backend: MasqueradeBackend;
  /** The container's addresses; known once IPAM has spoken. */
  readonly addresses: () => Result | undefined;
}

/** Traffic from the container to beyond its subnets leaves with the host's address. */
export const masquerade: Kind<WantedMasquerade> = {
  name: "masquerade",
  want({ ctx, owner, namespaces }, { backend, addresses }) {
    const step = new MasqueradeStep({
      ...{ namespaces, owner, env: ctx.env, backend },
      addresses: () => addressesOf(addresses()),
    });
    return {
      name: step.name,
      describe: () => step.describe(),
      async apply(rollback) {
        rollback.defer(await step.apply());
      },
      check: async () => await step.check(),
      ready: () => masqueradeStatus(ctx, namespaces, backend),
    };
  },
  async undo({ ctx, owner, namespaces }) {
    await new MasqueradeStep({
      ...{ namespaces, owner, env: ctx.env, backend: "own" },
      addresses: () => addressesOf(ctx.prevResult),
    }).undo();
  },
  async collect({ ctx, namespaces }, { network, valid }) {
    await collectMasquerade(namespaces, network, valid, ctx.env);
  },
};
