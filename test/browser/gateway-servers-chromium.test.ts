import { testServers } from "./gateway-servers.js";

testServers("chromium");
