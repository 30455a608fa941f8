// The demo page in this browser.
import { testDemo } from "./demo-tests.js";

testDemo("webkit");
