// What a page does with engines, in Chromium.
import { testPage } from "./page-tests.js";

testPage("chromium");
