// DNS in a page of Firefox.
import { testDns } from "./dns-tests.js";

testDns("firefox");
