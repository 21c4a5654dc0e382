export { refuseUsed } from "./refuse.ts";
