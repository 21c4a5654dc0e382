/** Things of this node in the forms in which they are shown: one function a thing, for commands and API. */
export { addressForm } from "./address.ts";
export { attachmentForm, type StandingForm, standingForm } from "./attachment.ts";
export { briefCall, callWithDelegates, groupForm, tracedCall } from "./call.ts";
export { diagnosisForm, isHealthy, stageForm } from "./diagnosis.ts";
export { findingForm, type ShownFinding } from "./finding.ts";
export {
  addressesOf,
  fleetBlockForm,
  fleetNodeForm,
  fleetSideForm,
  fleetSubnetForm,
} from "./fleet.ts";
export { errorForm, networkForm } from "./network.ts";
export { hostPortForm, listenerForm } from "./port.ts";
export { rangeForm, reservationForm } from "./range.ts";
