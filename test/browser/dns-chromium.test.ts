import { testDns } from "./dns-tests.js";

testDns("chromium");
