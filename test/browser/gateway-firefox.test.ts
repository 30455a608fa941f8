// Real sockets through a gateway, from Firefox.
import { testGateway } from "./gateway.js";

testGateway("firefox");
