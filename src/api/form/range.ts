import { defined } from "../../base/index.ts";
import type { RangeForm, ReservationForm } from "../../forms/index.ts";
import { fullness, type Holding, type Pool, percentOf } from "../../view/pools/index.ts";

export function rangeForm(pool: Pool): RangeForm {
  const { network, file, directory, set, range, last, leaked, overlaps } = pool;
  return {
    network,
    ...defined({ file }),
    ...{ directory, set },
    subnet: range.subnet.toString(),
    first: range.start.toString(),
    last: range.end.toString(),
    gateway: range.gateway.toString(),
    ...defined({ lastReserved: last?.toString() }),
    size: Number(pool.size),
    excluded: Number(pool.excluded),
    inUse: Number(pool.inUse),
    free: Number(pool.free),
    requested: Number(pool.requested),
    percent: percentOf(pool),
    ...defined({ fullness: fullness(pool), holding: pool.holding }),
    leaked: leaked.map(reservationForm),
    overlaps: overlaps.map((each) => ({ ...each })),
  };
}

export function reservationForm(holding: Holding): ReservationForm {
  const { network, ip, path, containerId, ifName, state } = holding;
  const owner = { ...(containerId !== "" && { containerId }), ...(ifName !== "" && { ifName }) };
  return { network, address: ip.toString(), path, ...owner, state };
}
