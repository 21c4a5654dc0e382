export { refuseOwnAddresses } from "./refuse.ts";
