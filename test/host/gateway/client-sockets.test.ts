// The gateway's client as a transport, on real sockets behind a real channel: all that the other arms show.
import { bindingCases } from "../support/binding-cases.js";
import { connectCases, endCases, lookupCases } from "../support/transport-cases.js";
import { GatewayArm } from "./gateway-arm.js";

const how = "by a gateway";
const arm = new GatewayArm();
bindingCases(how, arm, true);
endCases(how, arm);
connectCases(how, arm, false);
lookupCases(how, arm);
