// What a page does with engines, in Firefox.
import { testPage } from "./page-tests.js";

testPage("firefox");
