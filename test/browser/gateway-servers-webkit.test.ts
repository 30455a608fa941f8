// nginx and Redis through a gateway, from WebKitGTK.
import { testServers } from "./gateway-servers.js";

testServers("webkit");
