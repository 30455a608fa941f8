// Components of WASI 0.2 in Firefox.
import { testComponents } from "./components.js";

testComponents("firefox");
