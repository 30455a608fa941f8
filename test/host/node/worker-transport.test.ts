// The transport of a guest that runs in a worker, on real sockets of another thread: all that the other arms show, over
// the smallest rings, so that they wrap and fill all the time.
import { bindingCases } from "../support/binding-cases.js";
import { RemoteArm } from "../support/remote-arm.js";
import { connectCases, endCases, lookupCases } from "../support/transport-cases.js";

const how = "from a worker";
const arm = new RemoteArm();
bindingCases(how, arm, true);
endCases(how, arm);
connectCases(how, arm, false);
lookupCases(how, arm);
