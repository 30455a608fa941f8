// DNS in a page of Chromium.
import { testDns } from "./dns-tests.js";

testDns("chromium");
