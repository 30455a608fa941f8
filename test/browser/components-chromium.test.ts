// Components of WASI 0.2 in Chromium.
import { testComponents } from "./components.js";

testComponents("chromium");
