import { testGateway } from "./gateway.js";

testGateway("firefox");
