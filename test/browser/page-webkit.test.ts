// What a page does with engines, in WebKit.
import { testPage } from "./page-tests.js";

testPage("webkit");
