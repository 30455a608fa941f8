// nginx and Redis through a gateway, from Firefox.
import { testServers } from "./gateway-servers.js";

testServers("firefox");
