export { BootClock, chance } from "./clock.ts";
