// Real sockets through a gateway, from Chromium.
import { testGateway } from "./gateway.js";

testGateway("chromium");
