import { testDns } from "./dns-tests.js";

testDns("webkit");
