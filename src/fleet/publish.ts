/** What other nodes read of this one, kept as it is. */
import { type Core, SessionOver } from "./core.ts";
import { recordOf } from "./session.ts";

/** Writes the node's record where its own addresses, its facts or its assertion have changed. */
export async function publish(core: Core): Promise<void> {
  const { record, owner, session, haltRevision, nodeRevision } = core.won;
  const picture = await core.files.read();
  const gateways = (picture?.subnets ?? []).flatMap(({ gateway }) => gateway ?? []);
  const holdings = (picture?.subnets ?? []).flatMap((subnet) => subnet.holdings);
  // While another node stands in the store for what this one holds, it is not to be believed.
  const isDisputed = holdings.some(({ state }) => state === "asked");
  const isAsserted = haltRevision !== undefined && !isDisputed;
  const next = {
    ...recordOf(core, record, { epoch: owner.epoch, session, gateways }),
    ...(isAsserted ? { asserted: haltRevision.toString() } : {}),
  };
  const value = JSON.stringify(next);
  if (value === JSON.stringify(record)) return;
  const key = core.keys.node(core.node);
  const conditions = core.guards();
  const { done, revision } = await core.transactFreely(conditions, [{ put: key, value }]);
  if (!done) {
    core.session = undefined;
    throw new SessionOver(
      `the record of node ${core.node}, of revision ${nodeRevision}, has changed`,
    );
  }
  core.session = { ...core.won, record: next, nodeRevision: revision };
}
