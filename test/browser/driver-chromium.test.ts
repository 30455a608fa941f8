// The driver of this browser.
import { testDriver } from "./driver-tests.js";

testDriver("chromium");
