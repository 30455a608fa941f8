// Real sockets through a gateway, from WebKitGTK.
import { testGateway } from "./gateway.js";

testGateway("webkit");
