import { testGateway } from "./gateway.js";

testGateway("chromium");
