// nginx and Redis through a gateway, from Chromium.
import { testServers } from "./gateway-servers.js";

testServers("chromium");
