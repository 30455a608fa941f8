import { testDns } from "./dns-tests.js";

testDns("firefox");
