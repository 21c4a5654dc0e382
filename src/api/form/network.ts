import { defined } from "../../base/index.ts";
import type { ErrorForm, NetworkForm } from "../../forms/index.ts";
import { CniError } from "../../spec/index.ts";
import type { NetworkRow } from "../networks/index.ts";
import { fleetSideForm } from "./fleet.ts";

/** @param failure how an error is shown */
export function networkForm(
  { file, name, version, plugins, attached, unhealthy, fleet, error }: NetworkRow,
  failure: (error: Error) => ErrorForm = errorForm,
): NetworkForm {
  if (error !== undefined) return { file, error: failure(error) };
  return {
    network: name,
    ...(file === "" ? {} : { cniVersion: version, file }),
    plugins: plugins.map((type) => ({ type })),
    attachedCount: attached,
    unhealthyCount: unhealthy,
    ...defined({ fleetSide: fleet && fleetSideForm(fleet) }),
  };
}

/** An error in the specification's shape, with what mends it where its thrower knows. */
export function errorForm(thrown: unknown): ErrorForm {
  const { code, msg, details, advice } = CniError.from(thrown);
  return { code, msg, ...defined({ details, todo: advice }) };
}
