export { checkVrfKernel, type Vrf, type VrfLink, VrfStep } from "./link.ts";
export { type VrfMember, VrfMemberStep } from "./member.ts";
