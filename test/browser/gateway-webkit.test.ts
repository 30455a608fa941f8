import { testGateway } from "./gateway.js";

testGateway("webkit");
