import { defined } from "../../base/index.ts";
import type { AddressForm, HolderForm } from "../../forms/index.ts";
import type { AddressHolder, AddressReport } from "../../view/address/index.ts";
import { periodForm } from "./attachment.ts";
import { reservationForm } from "./range.ts";

/** All that is known of an address; which address it is, and what could not be read, stand beside. */
export function addressForm({
  holders,
  reservations,
  host,
  places,
  history,
}: AddressReport): Omit<AddressForm, "address" | "problems"> {
  return {
    holders: holders.map(holderForm),
    reservations: reservations.map(reservationForm),
    ...defined({ host: host && { link: host.link, address: host.prefix.toString() } }),
    ranges: places.map(({ network, file, subnet, range, role, directory }) => ({
      ...{ network, ...defined({ file }), subnet: subnet.toString(), range, role, directory },
    })),
    history: history.map(periodForm),
  };
}

function holderForm({ attachment, isGiven, reservation, inside }: AddressHolder): HolderForm {
  const { network, containerId, ifName, netns, state, sources } = attachment;
  const found = inside.state === "there" ? inside.found : undefined;
  return {
    ...{ network, containerId, ifName, netns, state, sources: [...sources], given: isGiven },
    ...defined({ reservation: reservation?.path }),
    kernel: inside.state,
    ...defined({ link: found?.link, address: found?.prefix.toString() }),
  };
}
